-- Day means of one factor of the outlet, flow-weighted as judged; those not judgeable apart; the limit in force each day.
SELECT <<day_start>> AS "time", CASE WHEN v.outcome <> 'not_judgeable' THEN v.value END AS "日均值",
       CASE WHEN v.outcome = 'not_judgeable' THEN v.value END AS "未判定日", v.limit_value AS "限值"
FROM <<days>> AS g(day)
LEFT JOIN screen.verdict v ON v.rule = 'sewage_day' AND v.subject = ${outlet:sqlstring} || '/<<factor>>' AND v.time = <<day_start>>
ORDER BY 1
