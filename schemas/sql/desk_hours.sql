-- The newest ended hour of each point.
SELECT p.point_id, h.hour, h.value, h.low, h.high, h.valid, h.note
FROM unnest(%(points)s::int[]) AS p (point_id)
CROSS JOIN LATERAL (
    SELECT hour, value, low, high, valid, note FROM hourly
    WHERE point_id = p.point_id AND hour >= %(since)s AND hour < %(until)s ORDER BY hour DESC LIMIT 1
) h
