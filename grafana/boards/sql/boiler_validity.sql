-- Each hour of the boiler: can its efficiency be computed, and what was judged. 0 missing, 1 valid or compliant, 2 not valid, 4 exceeding.
SELECT g.hour AS "time", p.name AS metric, CASE WHEN h.point_id IS NULL THEN 0 WHEN h.valid THEN 1 WHEN h.marks ~ '[Ff]' THEN 3 ELSE 2 END AS value
FROM <<hours>> AS g(hour)
CROSS JOIN (
    SELECT p.point_id, p.name FROM screen.point p
    WHERE p.site_id = split_part(${boiler:sqlstring}, '/', 1) AND p.place = split_part(${boiler:sqlstring}, '/', 2)
        AND p.factor IN ('yx_b_efficiency', 'yx_b_efficiency_indirect')
) p
LEFT JOIN screen.hour h ON h.point_id = p.point_id AND h.time = g.hour AND h.time >= <<since>>
UNION ALL
SELECT g.hour, '判定', CASE v.outcome WHEN 'compliant' THEN 1 WHEN 'exceeding' THEN 4 WHEN 'not_judgeable' THEN 2 ELSE 0 END
FROM <<hours>> AS g(hour)
LEFT JOIN screen.verdict v ON v.rule = 'boiler_efficiency' AND v.subject = ${boiler:sqlstring} AND v.time = g.hour AND v.time >= <<since>>
ORDER BY 1, 2
