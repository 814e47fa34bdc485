-- The newest verdict in force of each subject.
SELECT s.subject, s.rule, v.window_start, v.window_end, v.outcome, v.value, v.limit_value, v.body
FROM unnest(%(subjects)s::text[], %(rules)s::text[]) AS s (subject, rule)
CROSS JOIN LATERAL (
    SELECT window_start, window_end, outcome, value, limit_value, body FROM verdict
    WHERE subject = s.subject AND rule = s.rule AND amended_at IS NULL ORDER BY window_start DESC LIMIT 1
) v
