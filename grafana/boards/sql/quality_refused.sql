-- Values refused in the range by device and reason.
SELECT coalesce(s.site, r.site_id, '未登记') AS "站点", coalesce(r.device_id, '—') AS "设备", r.reason AS "原因", sum(r.refused) AS "拒收值数",
       count(*) FILTER (WHERE r.replayed) AS "已重放报文", max(r.time) AS "最近一次"
FROM screen.rejection r LEFT JOIN screen.site s ON s.site_id = r.site_id
WHERE $__timeFilter(r.time) AND r.time >= $__timeTo()::timestamptz - interval '14 days'
GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 100
