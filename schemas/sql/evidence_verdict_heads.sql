-- Which rules, points, limits and versions the verdicts of a subject in a span name, and the last time one of them was made.
SELECT rule, point_id, limit_id, body->>'rule_version', max(judged_at)
-- Two parts, for each has its index.
FROM (SELECT * FROM verdict WHERE amended_at IS NULL UNION ALL SELECT * FROM verdict WHERE amended_at IS NOT NULL) AS verdict
WHERE subject = %(subject)s AND window_start < %(until)s::timestamptz
  AND (window_start >= %(since)s::timestamptz OR window_end > %(since)s::timestamptz)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
