-- One deriving round at a time; another process's waits here until this one is committed.
SELECT pg_advisory_xact_lock(43102302)
