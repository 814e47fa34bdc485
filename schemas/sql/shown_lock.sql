-- One refilling of what screens show at a time.
SELECT pg_advisory_xact_lock(43102307)
