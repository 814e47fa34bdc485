-- A worker's row, before its first batch.
INSERT INTO tally (worker, received, stored, duplicate, rejected, committed_at)
VALUES (%(worker)s, 0, 0, 0, 0, now())
ON CONFLICT (worker) DO NOTHING
