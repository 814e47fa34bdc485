-- The first account, where there is none at all.
INSERT INTO account (name, role, password_hash, must_change)
SELECT %(account)s, 'admin', %(hash)s, true WHERE NOT EXISTS (SELECT FROM account)
ON CONFLICT (name) DO NOTHING
