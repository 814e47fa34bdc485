-- Marks in force that touch a span, for some points, with who made them and why.
SELECT mark_id, point_ids, kind, since, until, reason, evidence, made_by, made_at
FROM mark
WHERE until > %(since)s::timestamptz AND since < %(until)s::timestamptz AND withdrawn_at IS NULL
  AND point_ids && %(points)s::int[]
ORDER BY mark_id
