-- Hour values of one factor of the stack, as measured and at reference O2, and the limit in force.
SELECT g.hour AS "time", CASE WHEN a.valid THEN a.value END AS "实测", CASE WHEN b.valid THEN b.value END AS "折算",
       v.limit_value AS "限值"
FROM <<hours>> AS g(hour)
LEFT JOIN screen.hour a ON a.time = g.hour AND a.time >= <<since>> AND a.point_id = (
    SELECT j.point_id FROM screen.subject j WHERE j.rule = 'above_range' AND j.subject = ${stack:sqlstring} || '/<<factor>>')
LEFT JOIN screen.hour b ON b.time = g.hour AND b.time >= <<since>> AND b.point_id = (
    SELECT j.point_id FROM screen.subject j WHERE j.rule = 'air_hour' AND j.subject = ${stack:sqlstring} || '/<<factor>>')
LEFT JOIN screen.verdict v ON v.rule = 'air_hour' AND v.subject = ${stack:sqlstring} || '/<<factor>>' AND v.time = g.hour
    AND v.time >= <<since>>
ORDER BY g.hour
