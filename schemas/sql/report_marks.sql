-- What people marked in a span and did not take back.
SELECT mark_id, site_id, device_id, point_ids, kind, since, until, reason, evidence, made_by, made_at
FROM mark
WHERE until > %(since)s::timestamptz AND since < %(until)s::timestamptz AND withdrawn_at IS NULL
ORDER BY site_id, since, mark_id
