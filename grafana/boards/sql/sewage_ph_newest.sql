-- The newest judged reading of pH of the outlet, and both sides of the band it was held against; no value where it is too old to speak of now.
SELECT <<speaking_value>> AS "pH值", (v.body ->> 'low')::float8 AS "下限", (v.body ->> 'high')::float8 AS "上限"
FROM screen.verdict v
WHERE v.rule = 'sewage_ph' AND v.subject = ${outlet:sqlstring} || '/w01001'
ORDER BY v.time DESC LIMIT 1
