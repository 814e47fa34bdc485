-- The first day on which each of some points had data.
SELECT p.point_id, d.day
FROM unnest(%(points)s::int[]) AS p (point_id),
LATERAL (SELECT day FROM daily WHERE point_id = p.point_id AND n_received > 0 ORDER BY day LIMIT 1) AS d
