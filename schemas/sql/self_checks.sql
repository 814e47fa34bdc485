-- What each worker found when it last proved its sums, and how that was judged before.
SELECT c.worker, c.checked_at, c.wrong_since, c.body, v.outcome AS last
FROM self_check c
LEFT JOIN LATERAL (
    SELECT outcome FROM verdict
    WHERE rule = %(rule)s AND subject = 'ingest/' || c.worker AND amended_at IS NULL
    ORDER BY window_start DESC LIMIT 1
) v ON true
ORDER BY c.worker
