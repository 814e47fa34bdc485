-- Reports by kind, scope and days, each in its newest version: what it is, how often it was amended, whether the public sees it.
SELECT r.report_id, r.kind, r.scope, r.period, r.first_day, r.last_day, r.version, r.made_at, r.made_by, r.digest,
       jsonb_array_length(r.changes) AS n_changes, p.publication_id, p.released_at
FROM report r
LEFT JOIN publication p ON p.report_id = r.report_id AND p.withdrawn_at IS NULL
WHERE r.last_day >= %(since)s AND r.last_day <= %(until)s
  AND (%(kind)s::text IS NULL OR r.kind = %(kind)s) AND (%(scopes)s::text[] IS NULL OR r.scope = ANY(%(scopes)s::text[]))
  AND NOT EXISTS (SELECT FROM report l WHERE (l.kind, l.scope, l.period) = (r.kind, r.scope, r.period) AND l.version > r.version)
ORDER BY r.last_day DESC, r.kind, r.scope <> 'county', r.scope
LIMIT %(at_most)s
