-- Derive these hours again.
INSERT INTO stale_window (hour, point_ids)
SELECT hour, points::int[] FROM unnest(%(hours)s::timestamptz[], %(points)s::text[]) AS touched (hour, points)
