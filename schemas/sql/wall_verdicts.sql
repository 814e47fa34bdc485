-- What the newest verdict in force says of each subject, without its body: of those that exceed whether that is but a suspicion.
SELECT s.rule, s.subject, v.window_end, v.outcome, v.suspected
FROM unnest(%(rules)s::text[], %(subjects)s::text[]) AS s (rule, subject)
CROSS JOIN LATERAL (
    SELECT window_end, outcome, CASE WHEN outcome = 'exceeding' THEN coalesce((body ->> 'suspected')::bool, false) ELSE false END AS suspected
    FROM verdict
    WHERE subject = s.subject AND rule = s.rule AND amended_at IS NULL ORDER BY window_start DESC LIMIT 1
) v
