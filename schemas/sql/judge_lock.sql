-- One evaluation round at a time; a standby's waits here until this one is committed.
SELECT pg_advisory_xact_lock(43102303)
