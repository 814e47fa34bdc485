-- Serve a share no more.
SELECT pg_advisory_unlock(43102310, %(share)s)
