-- Derive some points again, hour by hour over a span; with the last hour of a Shanghai day, or always if *whole*, the day
-- and month they are part of are derived though no hour should have changed.
INSERT INTO stale_window (hour, point_ids, whole)
SELECT hour, %(points)s::int[], %(whole)s OR date_part('hour', hour AT TIME ZONE 'Asia/Shanghai') = 23
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - INTERVAL '1 hour', '1 hour') AS hour
