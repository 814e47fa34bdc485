-- Silences that hold now, oldest first.
SELECT silence_id, site_id, device_id, rule, since, until, reason, kind FROM silence
WHERE withdrawn_at IS NULL AND until > %(now)s AND since <= %(now)s
ORDER BY silence_id
