-- Hour values of one factor of the devices of the site; hours that are not valid are gaps.
SELECT g.hour AS "time", p.place_name || ' ' || p.name AS metric, CASE WHEN h.valid THEN h.value END AS value
FROM <<hours>> AS g(hour)
CROSS JOIN (
    SELECT p.point_id, p.place_name, p.name FROM screen.point p
    WHERE p.site_id = split_part(${<<variable>>:sqlstring}, '/', 1) AND p.factor IN (<<factors>>)
) p
LEFT JOIN screen.hour h ON h.point_id = p.point_id AND h.time = g.hour AND h.time >= <<since>>
ORDER BY 1, 2
