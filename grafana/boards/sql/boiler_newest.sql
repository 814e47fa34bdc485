-- The newest judged hour of the boiler; no value where the verdict is too old to speak of now.
SELECT <<speaking_value>> AS "热效率", v.limit_value AS "限值"
FROM screen.verdict v
WHERE v.rule = 'boiler_efficiency' AND v.subject = ${boiler:sqlstring}
ORDER BY v.time DESC LIMIT 1
