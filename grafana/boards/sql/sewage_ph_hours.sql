-- Hour values of pH of the outlet, and the band in force as the verdicts on its readings say (both sides of it).
SELECT g.hour AS "time", CASE WHEN h.valid THEN h.value END AS "小时均值", CASE WHEN NOT h.valid THEN h.value END AS "无效小时",
       i.low AS "下限", i.high AS "上限"
FROM <<hours>> AS g(hour)
LEFT JOIN screen.hour h ON h.time = g.hour AND h.time >= <<since>>
    AND h.point_id = (SELECT j.point_id FROM screen.subject j
                      WHERE j.rule = 'sewage_ph' AND j.subject = ${outlet:sqlstring} || '/w01001')
LEFT JOIN LATERAL (
    SELECT (v.body ->> 'low')::float8 AS low, (v.body ->> 'high')::float8 AS high FROM screen.verdict v
    WHERE v.rule = 'sewage_ph' AND v.subject = ${outlet:sqlstring} || '/w01001'
        AND v.time >= g.hour AND v.time < g.hour + interval '1 hour'
    ORDER BY v.time LIMIT 1
) i ON true
ORDER BY g.hour
