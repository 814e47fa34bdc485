-- One change of the registry at a time.
SELECT pg_advisory_xact_lock(43102301)
