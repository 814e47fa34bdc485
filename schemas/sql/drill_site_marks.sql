-- What people marked at one site: marks that nobody took back and that end after a time, newest first.
SELECT mark_id, device_id, point_ids, kind, since, until, reason, evidence, made_by, made_at
FROM mark
WHERE site_id = %(site)s AND until > %(after)s AND withdrawn_at IS NULL
ORDER BY since DESC, mark_id DESC LIMIT %(at_most)s
