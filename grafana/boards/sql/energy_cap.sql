-- The newest judged year of the county's standard coal, of the monitored sources; nothing where the verdict is too old to speak of now.
SELECT <<speaking_sum>> AS "本年累计"
FROM screen.verdict v
WHERE v.rule = 'energy_cap' AND v.subject = 'county/yx_e_tce'
ORDER BY v.time DESC LIMIT 1
