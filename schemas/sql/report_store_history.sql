-- All versions of one report, the newest first, without their papers.
SELECT report_id, version, made_at, made_by, digest, changes FROM report
WHERE kind = %(kind)s AND scope = %(scope)s AND period = %(period)s
ORDER BY version DESC
