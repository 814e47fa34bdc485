-- Incidents opened in the range by leading bureau: acknowledged in time, mean time, overdue.
SELECT i.bureau AS "牵头单位", count(*) AS "预警数", count(*) FILTER (WHERE <<lasting>>) AS "未结",
       100.0 * count(*) FILTER (WHERE i.acked_at <= i.ack_due) / nullif(count(*) FILTER (WHERE i.acked_at IS NOT NULL OR i.ack_due < now()), 0) AS "按时签收率",
       avg(extract(epoch FROM i.acked_at - i.opened_at))::float8 AS "平均签收用时", count(*) FILTER (WHERE i.overdue <> '') AS "逾期"
FROM screen.incident i
WHERE $__timeFilter(i.opened_at) AND NOT i.withdrawn AND i.state NOT IN ('pending', 'lapsed')
GROUP BY 1 ORDER BY 2 DESC
