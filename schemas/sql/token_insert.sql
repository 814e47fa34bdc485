-- A new token, by its digest only.
INSERT INTO account_token (account, name, digest, expires_at) VALUES (%(account)s, %(label)s, %(digest)s, %(expires_at)s)
RETURNING token_id
