-- One process at a time drops what is old; the others leave it to that one.
SELECT pg_try_advisory_xact_lock(43102304)
