-- Hours of a room that have readings of known points and no derived value, and how many points each.
SELECT r.hour, array_agg(r.point_id ORDER BY r.point_id)
FROM (
    SELECT DISTINCT point_id, date_trunc('hour', ts, 'UTC') AS hour FROM reading
    WHERE ts >= %(since)s AND ts < %(until)s AND point_id = ANY(%(points)s::int[])
) r
LEFT JOIN hourly h ON h.point_id = r.point_id AND h.hour = r.hour
WHERE h.point_id IS NULL
GROUP BY r.hour ORDER BY r.hour
