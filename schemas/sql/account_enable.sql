-- An account that may log in again; a lock is lifted.
UPDATE account SET disabled_at = NULL, failed = 0, locked_until = NULL
WHERE name = %(account)s AND (disabled_at IS NOT NULL OR locked_until IS NOT NULL) RETURNING name
