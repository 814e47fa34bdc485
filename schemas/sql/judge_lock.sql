-- One evaluator at a time; a standby waits here and takes over when this connection ends.
SELECT pg_advisory_lock(43102303)
