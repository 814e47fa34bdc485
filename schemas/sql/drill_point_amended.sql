-- Verdicts of some rules on one point's windows in a span that were amended: what was said before, when that changed, what is said now.
SELECT a.rule, a.window_start, a.value AS before_value, a.outcome AS before_outcome, a.amended_at,
       coalesce((a.body ->> 'suspected')::bool, false) AS before_suspected,
       n.value AS after_value, n.outcome AS after_outcome,
       coalesce((n.body ->> 'suspected')::bool, false) AS after_suspected
FROM unnest(%(rules)s::text[], %(subjects)s::text[]) AS w (rule, subject),
     LATERAL (
         SELECT * FROM verdict
         WHERE subject = w.subject AND rule = w.rule AND amended_at IS NOT NULL
               AND window_start >= %(since)s::timestamptz AND window_start < %(until)s::timestamptz
         ORDER BY window_start DESC LIMIT %(at_most)s
     ) AS a
LEFT JOIN verdict n ON n.subject = a.subject AND n.rule = a.rule AND n.window_start = a.window_start
     AND n.amended_at IS NULL
ORDER BY a.amended_at DESC, a.window_start DESC LIMIT %(at_most)s
