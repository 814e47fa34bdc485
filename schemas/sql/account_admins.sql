-- How many accounts can keep accounts, besides one.
SELECT count(*) FROM account WHERE role = 'admin' AND disabled_at IS NULL AND name <> %(account)s
