-- What the newest verdict in force says of some subjects.
SELECT asked.rule, asked.subject, v.outcome, v.body ->> 'level' AS level, v.window_start
FROM unnest(%(rules)s::text[], %(subjects)s::text[]) AS asked (rule, subject)
CROSS JOIN LATERAL (
    SELECT outcome, body, window_start FROM verdict
    WHERE subject = asked.subject AND rule = asked.rule AND amended_at IS NULL
    ORDER BY window_start DESC LIMIT 1
) v
