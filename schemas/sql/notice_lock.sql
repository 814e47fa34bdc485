-- One at a time folds and claims the notices of a channel, until its transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('notice/' || %(channel)s, 0))
