-- Derive some points again, hour by hour over a span, with the days and months they are part of.
INSERT INTO stale_window (hour, point_ids, whole)
SELECT hour, %(points)s::int[], true
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - INTERVAL '1 hour', '1 hour') AS hour
