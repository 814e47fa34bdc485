-- Silences and maintenance that hold, will hold or held not long ago, newest first.
SELECT silence_id, kind, site_id, device_id, rule, since, until, reason, made_by, made_at, withdrawn_by, withdrawn_at
FROM silence WHERE until > %(since)s ORDER BY since DESC, silence_id DESC LIMIT %(at_most)s
