-- The newest window of one point that has a value: of its hours, or of its days where no hour is kept.
(SELECT hour AS at, value FROM hourly WHERE point_id = %(point)s AND value IS NOT NULL ORDER BY hour DESC LIMIT 1)
UNION ALL
(SELECT (day::timestamp AT TIME ZONE 'Asia/Shanghai'), value FROM daily
 WHERE point_id = %(point)s AND value IS NOT NULL ORDER BY day DESC LIMIT 1)
ORDER BY at DESC LIMIT 1
