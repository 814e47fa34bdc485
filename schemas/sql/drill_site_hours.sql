-- The newest ended hour of some points, and beside it the newest that was valid.
SELECT p.point_id, n.hour, n.value, n.valid, n.note, n.n_valid, n.n_expected, v.hour AS valid_hour, v.value AS valid_value,
       v.low AS valid_low, v.high AS valid_high
FROM unnest(%(points)s::int[]) AS p (point_id)
CROSS JOIN LATERAL (
    SELECT hour, value, valid, note, n_valid, n_expected FROM hourly
    WHERE point_id = p.point_id AND hour >= %(since)s AND hour < %(until)s ORDER BY hour DESC LIMIT 1
) n
LEFT JOIN LATERAL (
    SELECT hour, value, low, high FROM hourly
    WHERE point_id = p.point_id AND valid AND value IS NOT NULL AND hour >= %(since)s AND hour < %(until)s
    ORDER BY hour DESC LIMIT 1
) v ON true
