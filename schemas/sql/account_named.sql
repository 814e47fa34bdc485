-- Whether an account of a name is there, and in use.
SELECT disabled_at FROM account WHERE name = %(account)s
