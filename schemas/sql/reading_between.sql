-- Readings of some points in a closed span, by point and time.
SELECT point_id, (date_part('epoch', ts) * 1000000)::bigint, value, mark, late
FROM reading
WHERE point_id = ANY(%(points)s) AND ts >= %(since)s AND ts <= %(until)s
ORDER BY point_id, ts
