-- What was refused of one site since a time: by reason how many messages and values, and the newest of them.
SELECT g.reason, g.messages, g.refused, r.rejection_id, r.received_at, r.device_id, r.topic, r.details,
       r.replayed_at IS NOT NULL AS replayed
FROM (
    SELECT reason, count(*)::int AS messages, sum(refused)::int AS refused, max(rejection_id) AS newest
    FROM rejection WHERE site_id = %(site)s AND received_at >= %(since)s GROUP BY reason
) g
JOIN rejection r ON r.rejection_id = g.newest
ORDER BY g.messages DESC, g.reason
