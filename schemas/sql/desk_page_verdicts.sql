-- The verdicts in force of one subject in a span, oldest first.
SELECT point_id, window_start, window_end, outcome, value, limit_value, body
FROM verdict
WHERE subject = %(subject)s AND rule = %(rule)s AND amended_at IS NULL
      AND window_start >= %(since)s AND window_start < %(until)s
ORDER BY window_start
