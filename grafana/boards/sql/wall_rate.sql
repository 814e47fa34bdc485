-- 传输有效率 of the newest month judged: valid hours by hours due over all outlets and stacks, as their verdicts say (补全).
SELECT 100.0 * sum((v.body ->> 'n_valid')::float8) / nullif(sum((v.body ->> 'n_expected')::float8), 0) AS "传输有效率"
FROM screen.subject j
CROSS JOIN LATERAL (
    SELECT w.time, w.body FROM screen.verdict w WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v
WHERE j.rule = 'data_rate' AND v.time = (
    SELECT max(n.time) FROM screen.subject s
    CROSS JOIN LATERAL (
        SELECT w.time FROM screen.verdict w WHERE w.subject = s.subject AND w.rule = s.rule ORDER BY w.time DESC LIMIT 1
    ) n
    WHERE s.rule = 'data_rate')
