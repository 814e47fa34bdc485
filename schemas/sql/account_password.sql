-- A new password: every log-in with the old one ends, and a lock is lifted.
UPDATE account SET password_hash = %(hash)s, must_change = %(must_change)s, session_epoch = session_epoch + 1,
    failed = 0, locked_until = NULL
WHERE name = %(account)s RETURNING session_epoch
