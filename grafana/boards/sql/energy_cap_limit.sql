-- The limit it was held against (energy_cap), the end of the dial, the verdict's colour.
SELECT <<dial>>,
       CASE <<outcome_now>> WHEN 'compliant' THEN '<<green>>' WHEN 'exceeding' THEN '<<red>>' WHEN 'suspected' THEN '<<yellow>>' WHEN 'ahead' THEN '<<yellow>>' ELSE '<<grey>>' END AS "颜色"
FROM screen.verdict v
WHERE v.rule = 'energy_cap' AND v.subject = 'county/yx_e_tce'
ORDER BY v.time DESC LIMIT 1
