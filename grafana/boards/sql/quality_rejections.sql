-- Values refused by reason in each step of the range.
SELECT $__timeGroupAlias(r.time, '1h', 0), r.reason AS metric, sum(r.refused) AS value
FROM screen.rejection r
WHERE $__timeFilter(r.time) AND r.time >= $__timeTo()::timestamptz - interval '14 days'
GROUP BY 1, 2 ORDER BY 1, 2
