-- All verdicts there were on the windows of a span, those amended later too, each window's in the order they were given.
SELECT verdict_id, rule, window_start, outcome, value, limit_value, limit_id, body, judged_at, amended_at
FROM verdict
WHERE subject = %(subject)s AND rule = ANY(%(rules)s::text[])
  AND window_start >= %(since)s::timestamptz AND window_start < %(until)s::timestamptz
ORDER BY rule, window_start, verdict_id
