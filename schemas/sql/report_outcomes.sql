-- How many windows of some subjects in a span came out how, by the limit that bound them, and by which rules last.
SELECT asked.rule, asked.subject, v.outcome, v.limit_id, v.windows, v.rule_version
FROM unnest(%(rules)b::text[], %(subjects)b::text[]) AS asked (rule, subject)
CROSS JOIN LATERAL (
    SELECT outcome, limit_id, count(*) AS windows, max(body ->> 'rule_version') AS rule_version FROM verdict
    WHERE rule = asked.rule AND subject = asked.subject AND amended_at IS NULL
          AND window_start >= %(since)s::timestamptz AND window_start < %(until)s::timestamptz
    GROUP BY outcome, limit_id
) v
ORDER BY 1, 2, 3, 4
