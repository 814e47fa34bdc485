-- The limit it was held against (sewage_day), the end of the dial, the verdict's colour.
SELECT <<dial>>,
       CASE <<outcome_now>> WHEN 'compliant' THEN '<<green>>' WHEN 'exceeding' THEN '<<red>>' WHEN 'suspected' THEN '<<yellow>>' WHEN 'ahead' THEN '<<yellow>>' ELSE '<<grey>>' END AS "颜色"
FROM screen.verdict v
WHERE v.rule = 'sewage_day' AND v.subject = ${outlet:sqlstring} || '/<<factor>>'
ORDER BY v.time DESC LIMIT 1
