-- Efficiency of the boiler by the day, weighted by fuel.
SELECT <<day_start>> AS "time", CASE WHEN a.valid THEN a.value END AS "正平衡", CASE WHEN b.valid THEN b.value END AS "反平衡"
FROM <<days>> AS g(day)
LEFT JOIN screen.day a ON a.day = g.day::date AND a.point_id = (
    SELECT p.point_id FROM screen.point p
    WHERE p.site_id = split_part(${boiler:sqlstring}, '/', 1) AND p.place = split_part(${boiler:sqlstring}, '/', 2)
        AND p.factor = 'yx_b_efficiency')
LEFT JOIN screen.day b ON b.day = g.day::date AND b.point_id = (
    SELECT p.point_id FROM screen.point p
    WHERE p.site_id = split_part(${boiler:sqlstring}, '/', 1) AND p.place = split_part(${boiler:sqlstring}, '/', 2)
        AND p.factor = 'yx_b_efficiency_indirect')
ORDER BY 1
