-- What this worker has received and settled since the database was made.
INSERT INTO tally (worker, received, stored, duplicate, rejected, committed_at)
VALUES (%(worker)s, %(received)s, %(stored)s, %(duplicate)s, %(rejected)s, now())
ON CONFLICT (worker) DO UPDATE SET
    received = tally.received + excluded.received,
    stored = tally.stored + excluded.stored,
    duplicate = tally.duplicate + excluded.duplicate,
    rejected = tally.rejected + excluded.rejected,
    committed_at = excluded.committed_at
