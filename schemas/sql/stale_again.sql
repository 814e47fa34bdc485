-- Derive again every stored hour of some points that still has its readings.
INSERT INTO stale_window (hour, point_ids, whole)
SELECT hour, array_agg(point_id), true FROM hourly
WHERE point_id = ANY(%(points)s::int[]) AND hour >= %(since)s
GROUP BY hour
