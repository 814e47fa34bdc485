-- Efficiency of the boiler by the hour, direct and indirect, and the limit in force as the verdict of each hour says.
SELECT g.hour AS "time", CASE WHEN a.valid THEN a.value END AS "正平衡", CASE WHEN b.valid THEN b.value END AS "反平衡",
       CASE WHEN NOT a.valid THEN a.value END AS "无效小时", v.limit_value AS "限值"
FROM <<hours>> AS g(hour)
LEFT JOIN screen.hour a ON a.time = g.hour AND a.time >= <<since>> AND a.point_id = (
    SELECT p.point_id FROM screen.point p
    WHERE p.site_id = split_part(${boiler:sqlstring}, '/', 1) AND p.place = split_part(${boiler:sqlstring}, '/', 2)
        AND p.factor = 'yx_b_efficiency')
LEFT JOIN screen.hour b ON b.time = g.hour AND b.time >= <<since>> AND b.point_id = (
    SELECT p.point_id FROM screen.point p
    WHERE p.site_id = split_part(${boiler:sqlstring}, '/', 1) AND p.place = split_part(${boiler:sqlstring}, '/', 2)
        AND p.factor = 'yx_b_efficiency_indirect')
LEFT JOIN screen.verdict v ON v.rule = 'boiler_efficiency' AND v.subject = ${boiler:sqlstring} AND v.time = g.hour AND v.time >= <<since>>
ORDER BY g.hour
