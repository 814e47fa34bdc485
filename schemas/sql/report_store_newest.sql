-- The newest version of one report.
SELECT report_id, version, digest, made_at, paper FROM report
WHERE kind = %(kind)s AND scope = %(scope)s AND period = %(period)s
ORDER BY version DESC LIMIT 1
