-- Serve a share; no two workers may. The lock ends with the connection.
SELECT pg_try_advisory_lock(43102310, %(share)s)
