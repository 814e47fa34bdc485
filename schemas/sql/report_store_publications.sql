-- When versions of one report were shown to the public and taken back, the newest first.
SELECT p.publication_id, r.report_id, r.version, p.released_by, p.released_at, p.withdrawn_by, p.withdrawn_at, p.reason
FROM report r JOIN publication p USING (report_id)
WHERE r.kind = %(kind)s AND r.scope = %(scope)s AND r.period = %(period)s
ORDER BY p.released_at DESC
