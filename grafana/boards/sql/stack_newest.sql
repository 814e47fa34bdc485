-- The newest judged hour of one factor of the stack, at reference O2; nothing where the verdict is too old to speak of now.
SELECT <<speaking_value>> AS "折算值"
FROM screen.verdict v
WHERE v.rule = 'air_hour' AND v.subject = ${stack:sqlstring} || '/<<factor>>'
ORDER BY v.time DESC LIMIT 1
