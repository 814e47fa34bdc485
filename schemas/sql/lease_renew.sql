-- Go on holding a lease; returns nothing where somebody else holds it.
UPDATE lease SET until = now() + make_interval(secs => %(ttl_s)s)
WHERE name = %(lease)s AND holder = %(holder)s
RETURNING holder
