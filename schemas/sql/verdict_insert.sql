-- The verdicts in force, unless the same already stands; returns those that are new.
INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)
SELECT rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body::jsonb
FROM unnest(%(rules)b::text[], %(subjects)b::text[], %(points)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[],
            %(outcomes)b::text[], %(values)s::float8[], %(limits)s::float8[], %(limit_ids)b::text[], %(bodies)b::text[])
    AS said (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)
ON CONFLICT (subject, rule, window_start) WHERE amended_at IS NULL DO NOTHING
RETURNING rule, subject, window_start
