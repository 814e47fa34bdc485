-- The target in force, as the newest verdict on a month's rate says it.
SELECT v.limit_value AS "目标"
FROM screen.subject j
CROSS JOIN LATERAL (
    SELECT w.limit_value, w.time FROM screen.verdict w WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v
WHERE j.rule = 'data_rate' ORDER BY v.time DESC LIMIT 1
