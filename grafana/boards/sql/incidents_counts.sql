-- Incidents that last: not acknowledged, overdue, muted.
SELECT count(*) FILTER (WHERE acked_at IS NULL) AS "待签收", count(*) FILTER (WHERE overdue <> '') AS "逾期",
       count(*) FILTER (WHERE muted) AS "静默中" FROM screen.incident WHERE <<lasting>>
