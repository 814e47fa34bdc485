-- The newest judged hour of the boiler.
SELECT v.value AS "热效率", v.limit_value AS "限值"
FROM screen.verdict v
WHERE v.rule = 'boiler_efficiency' AND v.subject = ${boiler:sqlstring}
ORDER BY v.time DESC LIMIT 1
