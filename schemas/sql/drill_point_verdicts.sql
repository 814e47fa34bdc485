-- The verdicts in force of some rules on one point's windows in a span, oldest first.
SELECT v.rule, v.window_start, v.window_end, v.outcome, v.value, v.limit_value, v.limit_id, (v.body ->> 'low')::float8 AS low,
       (v.body ->> 'high')::float8 AS high, v.body ->> 'kind' AS kind, coalesce((v.body ->> 'suspected')::bool, false) AS suspected, v.body ->> 'why' AS why, v.body ->> 'note' AS note
FROM unnest(%(rules)s::text[], %(subjects)s::text[]) AS w (rule, subject),
     LATERAL (
         SELECT * FROM verdict
         WHERE subject = w.subject AND rule = w.rule AND amended_at IS NULL
               AND window_start >= %(since)s::timestamptz AND window_start < %(until)s::timestamptz
     ) AS v
ORDER BY v.window_start
