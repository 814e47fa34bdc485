-- The exceeding windows of some subjects in a span: of each verdict that stands the part that is printed.
SELECT v.rule, v.subject, v.window_start, v.window_end, v.outcome, v.value, v.limit_value, v.limit_id,
       (v.body ->> 'multiple')::float8, coalesce((v.body ->> 'suspected')::bool, false), coalesce(v.body ->> 'why', ''),
       coalesce(v.body ->> 'note', ''), coalesce(v.body ->> 'standard', ''), coalesce(v.body ->> 'clause', ''),
       coalesce(v.body ->> 'edition', ''), coalesce(v.body ->> 'unit', ''), coalesce((v.body ->> 'verified')::bool, true),
       (v.body ->> 'low')::float8, (v.body ->> 'high')::float8, coalesce(v.body ->> 'rule_version', ''), NULL::timestamptz
FROM unnest(%(rules)b::text[], %(subjects)b::text[]) AS asked (rule, subject)
-- Fenced: told all at once, the planner may read the whole of the table, which holds years.
CROSS JOIN LATERAL (
    SELECT * FROM verdict
    WHERE rule = asked.rule AND subject = asked.subject AND amended_at IS NULL AND outcome = 'exceeding'
          AND window_start >= %(since)s::timestamptz
          AND window_start < %(until)s::timestamptz
    OFFSET 0
) v
ORDER BY 1, 2, 3
