-- One deriving process at a time; the others wait here.
SELECT pg_advisory_lock(43102302)
