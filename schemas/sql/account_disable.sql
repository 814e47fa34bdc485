-- An account that may log in no more; its log-ins end.
UPDATE account SET disabled_at = %(at)s, session_epoch = session_epoch + 1
WHERE name = %(account)s AND disabled_at IS NULL RETURNING name
