-- The newest day on which each of some points had data: of those that are silent for longer than readings are looked for.
SELECT p.point_id, d.day
FROM unnest(%(points)s::int[]) AS p (point_id)
CROSS JOIN LATERAL (
    SELECT day FROM daily WHERE point_id = p.point_id AND n_received > 0 ORDER BY day DESC LIMIT 1
) d
