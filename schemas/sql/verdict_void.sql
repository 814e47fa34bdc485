-- Windows in which nothing binds the subject any more: their verdicts are amended away.
UPDATE verdict AS v SET amended_at = now()
FROM unnest(%(rules)b::text[], %(subjects)b::text[], %(starts)s::timestamptz[]) AS gone (rule, subject, window_start)
WHERE v.subject = gone.subject AND v.rule = gone.rule AND v.window_start = gone.window_start AND v.amended_at IS NULL
RETURNING v.rule, v.subject, v.window_start
