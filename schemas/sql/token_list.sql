-- Tokens of one account, or of all; never what they are.
SELECT token_id, account, name, made_at, expires_at, last_used_at, revoked_at
FROM account_token
WHERE name <> '#ended' AND (%(account)s::text IS NULL OR account = %(account)s)
ORDER BY token_id
