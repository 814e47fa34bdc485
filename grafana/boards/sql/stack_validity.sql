-- Validity of each hour of the stack's converted factors: 0 missing, 1 valid, 2 not valid, 3 the source stood.
SELECT g.hour AS "time", p.name AS metric, CASE WHEN h.point_id IS NULL THEN 0 WHEN h.valid THEN 1 WHEN h.marks ~ '[Ff]' THEN 3 ELSE 2 END AS value
FROM <<hours>> AS g(hour)
CROSS JOIN (
    SELECT p.point_id, p.name FROM screen.subject j JOIN screen.point p ON p.point_id = j.point_id
    WHERE j.rule = 'air_hour' AND j.subject LIKE replace(${stack:sqlstring}, '_', '\_') || '/%'
) p
LEFT JOIN screen.hour h ON h.point_id = p.point_id AND h.time = g.hour AND h.time >= <<since>>
ORDER BY 1, 2
