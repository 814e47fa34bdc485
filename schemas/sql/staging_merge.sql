-- The first value of a key wins.
INSERT INTO reading (ts, value, batch_id, point_id, mark)
SELECT ts, value, batch_id, point_id, mark FROM staging
ON CONFLICT (point_id, ts) DO NOTHING
