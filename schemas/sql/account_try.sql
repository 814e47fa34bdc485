-- An account at a log-in, held so that tries are counted one after another.
SELECT name, role, person, site_id, password_hash, must_change, session_epoch, failed, locked_until, disabled_at
FROM account WHERE name = %(account)s FOR UPDATE
