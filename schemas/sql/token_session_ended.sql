-- A log-in that was ended, remembered until it would have ended by itself; those past that are forgotten.
WITH past AS (DELETE FROM account_token WHERE name = '#ended' AND expires_at < %(at)s)
INSERT INTO account_token (account, name, digest, expires_at, revoked_at)
VALUES (%(account)s, '#ended', %(digest)s, %(expires_at)s, %(at)s)
ON CONFLICT (digest) DO NOTHING
