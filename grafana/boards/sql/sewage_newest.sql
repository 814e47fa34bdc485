-- The newest judged day of one factor of the outlet; nothing where the verdict is too old to speak of now.
SELECT <<speaking_value>> AS "日均值"
FROM screen.verdict v
WHERE v.rule = 'sewage_day' AND v.subject = ${outlet:sqlstring} || '/<<factor>>'
ORDER BY v.time DESC LIMIT 1
