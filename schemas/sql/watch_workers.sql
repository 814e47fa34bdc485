-- When each ingest worker last said that it is there.
SELECT worker, seen_at FROM worker
