-- The same password, hashed anew, unless it was changed meanwhile.
UPDATE account SET password_hash = %(new)s WHERE name = %(account)s AND password_hash = %(old)s
