-- Of the incidents opened in the range: share acknowledged in time, mean seconds to acknowledge and to settle.
SELECT 100.0 * count(*) FILTER (WHERE acked_at <= ack_due) / nullif(count(*) FILTER (WHERE acked_at IS NOT NULL OR ack_due < now()), 0) AS "按时签收率",
       avg(extract(epoch FROM acked_at - opened_at))::float8 AS "平均签收用时",
       avg(extract(epoch FROM settled_at - opened_at))::float8 AS "平均销号用时"
FROM screen.incident WHERE $__timeFilter(opened_at) AND NOT withdrawn AND state NOT IN ('pending', 'lapsed')
