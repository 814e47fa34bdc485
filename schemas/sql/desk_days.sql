-- The newest valid whole day of each point.
SELECT p.point_id, d.day, d.value
FROM unnest(%(points)s::int[]) AS p (point_id)
CROSS JOIN LATERAL (
    SELECT day, value FROM daily
    WHERE point_id = p.point_id AND valid AND value IS NOT NULL AND day >= %(since)s AND day < %(today)s
    ORDER BY day DESC LIMIT 1
) d
