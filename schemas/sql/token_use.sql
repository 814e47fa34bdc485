-- Whose a token is, while it and its account are in force.
SELECT a.name, a.role, a.person, a.site_id, t.token_id, t.last_used_at
FROM account_token t JOIN account a ON a.name = t.account
WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %(at)s)
  AND a.disabled_at IS NULL
