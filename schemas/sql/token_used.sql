-- When a token was last used.
UPDATE account_token SET last_used_at = %(at)s WHERE token_id = %(token_id)s
