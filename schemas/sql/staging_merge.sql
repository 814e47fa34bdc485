-- The first value of a key wins.
INSERT INTO reading (ts, value, batch_id, point_id, mark, late)
SELECT ts, value, batch_id, point_id, mark, late FROM staging
ON CONFLICT (point_id, ts) DO NOTHING
