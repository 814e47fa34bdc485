-- What the public sees: of each period the newest version that is released, without its paper; the newest period first.
SELECT DISTINCT ON (r.last_day, r.period) r.report_id, r.period, r.first_day, r.last_day, r.version, r.digest, p.released_at
FROM publication p JOIN report r USING (report_id)
WHERE p.withdrawn_at IS NULL AND r.kind = 'publicity'
ORDER BY r.last_day DESC, r.period, r.version DESC
LIMIT %(at_most)s
