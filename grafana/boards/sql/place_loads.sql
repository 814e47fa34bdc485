-- Kilograms a day that left the outlet or stack, by factor.
SELECT <<day_start>> AS "time", p.name AS metric, d.value AS value
FROM <<days>> AS g(day)
CROSS JOIN (
    SELECT p.point_id, p.name FROM screen.point p
    WHERE p.site_id = split_part(${<<variable>>:sqlstring}, '/', 1) AND p.place = split_part(${<<variable>>:sqlstring}, '/', 2)
        AND p.factor LIKE 'yx\_l\_%'
) p
LEFT JOIN screen.day d ON d.point_id = p.point_id AND d.day = g.day::date
ORDER BY 1, 2
