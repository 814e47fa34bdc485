-- Dropping waits for nobody for long: writers must not queue up behind it.
SET LOCAL lock_timeout = '3s'
