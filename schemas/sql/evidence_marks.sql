-- Persons' marks that touch a span, for some points, those taken back too.
SELECT mark_id, site_id, device_id, point_ids, kind, since, until, reason, evidence, made_by, made_at, withdrawn_by, withdrawn_at
FROM mark
WHERE until > %(since)s::timestamptz AND since <= %(until)s::timestamptz AND point_ids && %(points)s::int[]
ORDER BY mark_id
