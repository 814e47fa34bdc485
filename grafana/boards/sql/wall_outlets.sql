-- Each outlet and factor: newest judged day (pH: newest judged reading) against the limit in force; a verdict that is old is stale.
SELECT j.site AS "污水处理厂", p.name AS "因子", v.value AS "判定值", v.limit_value AS "限值", p.unit AS "单位", <<outcome_now>> AS "判定",
       v.time AS "时段", j.site_id
FROM screen.subject j
JOIN screen.point p ON p.point_id = j.point_id
LEFT JOIN LATERAL (
    SELECT w.rule, w.value, w.limit_value, w.outcome, w.time, w.window_end, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v ON true
WHERE j.rule = 'sewage_ph' OR j.rule = 'sewage_day' AND j.factor <> 'w01001'
ORDER BY v.outcome = 'exceeding' DESC NULLS LAST, j.site, p.factor
