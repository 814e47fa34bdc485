-- The next verdicts on the windows of a subject in a span, those amended later too, in the order of their windows.
SELECT verdict_id, rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body, judged_at,
       amended_at
-- Two parts, for each has its index.
FROM (SELECT * FROM verdict WHERE amended_at IS NULL UNION ALL SELECT * FROM verdict WHERE amended_at IS NOT NULL) AS verdict
WHERE subject = %(subject)s AND window_start < %(until)s::timestamptz
  AND (window_start >= %(since)s::timestamptz OR window_end > %(since)s::timestamptz)
  AND (window_start, verdict_id) > (%(after_at)s::timestamptz, %(after_id)s::bigint)
ORDER BY window_start, verdict_id LIMIT %(at_most)s
