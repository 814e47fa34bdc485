-- Hold a lease no more: whoever wants it may have it at once.
DELETE FROM lease WHERE name = %(lease)s AND holder = %(holder)s
