-- Silences that hold or will, the first to begin first.
SELECT silence_id, kind, site_id, device_id, rule, since, until, reason, made_by, made_at FROM silence
WHERE withdrawn_at IS NULL AND until > %(now)s ORDER BY since, silence_id LIMIT %(at_most)s
