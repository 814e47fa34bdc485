-- Hour values of one factor of the outlet; those not valid apart; limits in force as the verdicts of those hours say.
SELECT g.hour AS "time", CASE WHEN h.valid THEN h.value END AS "小时均值", CASE WHEN NOT h.valid THEN h.value END AS "无效小时",
       d.limit_value AS "日均限值", i.limit_value AS "瞬时限值"
FROM <<hours>> AS g(hour)
LEFT JOIN screen.hour h ON h.time = g.hour AND h.time >= <<since>>
    AND h.point_id = (SELECT j.point_id FROM screen.subject j
                      WHERE j.rule = 'sewage_instant' AND j.subject = ${outlet:sqlstring} || '/<<factor>>')
LEFT JOIN screen.verdict d ON d.rule = 'sewage_hour' AND d.subject = ${outlet:sqlstring} || '/<<factor>>' AND d.time = g.hour
    AND d.time >= <<since>>
LEFT JOIN screen.verdict i ON i.rule = 'sewage_instant' AND i.subject = ${outlet:sqlstring} || '/<<factor>>' AND i.time = g.hour
    AND i.time >= <<since>>
ORDER BY g.hour
