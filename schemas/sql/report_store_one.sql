-- One version of a report with its paper, which version is the newest of it, and whether the public sees it.
SELECT r.report_id, r.kind, r.scope, r.period, r.first_day, r.last_day, r.version, r.made_at, r.made_by, r.digest, r.paper, r.changes,
       (SELECT max(version) FROM report n WHERE (n.kind, n.scope, n.period) = (r.kind, r.scope, r.period)) AS newest,
       p.publication_id, p.released_at, p.released_by
FROM report r
LEFT JOIN publication p ON p.report_id = r.report_id AND p.withdrawn_at IS NULL
WHERE r.report_id = %(report_id)s
