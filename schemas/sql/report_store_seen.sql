-- The newest version before one of the same report that the public has ever seen: its paper.
SELECT b.paper
FROM report r
JOIN report b ON (b.kind, b.scope, b.period) = (r.kind, r.scope, r.period) AND b.version < r.version
WHERE r.report_id = %(report_id)s AND EXISTS (SELECT FROM publication p WHERE p.report_id = b.report_id)
ORDER BY b.version DESC LIMIT 1
