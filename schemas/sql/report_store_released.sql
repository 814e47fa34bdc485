-- What the public sees: of each period the newest version that is released, without its paper, and whether the public saw another before it.
SELECT DISTINCT ON (r.last_day, r.period) r.report_id, r.period, r.first_day, r.last_day, r.version, r.digest, p.released_at,
       EXISTS (
           SELECT FROM report b JOIN publication s USING (report_id)
           WHERE (b.kind, b.scope, b.period) = (r.kind, r.scope, r.period) AND b.version < r.version
       ) AS revised
FROM publication p JOIN report r USING (report_id)
WHERE p.withdrawn_at IS NULL AND r.kind = 'publicity'
ORDER BY r.last_day DESC, r.period, r.version DESC
LIMIT %(at_most)s
