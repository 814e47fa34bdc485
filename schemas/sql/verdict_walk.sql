-- The verdicts in force of one subject, oldest first.
SELECT rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body
FROM verdict
WHERE subject = %(subject)s AND rule = %(rule)s AND window_start >= %(since)s AND amended_at IS NULL
ORDER BY window_start
