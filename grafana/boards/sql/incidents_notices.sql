-- Notices by the hour they were made and channel; digests count one by one.
SELECT $__timeGroupAlias(n.time, '1h', 0), n.channel AS metric, count(*) AS value
FROM screen.notice n WHERE $__timeFilter(n.time) AND n.time >= $__timeTo()::timestamptz - interval '31 days'
GROUP BY 1, 2 ORDER BY 1, 2
