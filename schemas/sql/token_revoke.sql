-- A token that is worth nothing from now on.
UPDATE account_token SET revoked_at = %(at)s
WHERE token_id = %(token_id)s AND revoked_at IS NULL AND name <> '#ended' RETURNING account, name
