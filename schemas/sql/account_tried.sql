-- How often the password was wrong since it was last right, and until when no more is tried.
UPDATE account SET failed = %(failed)s, locked_until = %(locked_until)s WHERE name = %(account)s
