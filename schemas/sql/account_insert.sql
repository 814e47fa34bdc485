-- A new account; its password is one-time where *must_change*.
INSERT INTO account (name, role, person, site_id, password_hash, must_change)
VALUES (%(account)s, %(role)s, %(person)s, %(site)s, %(hash)s, %(must_change)s)
