-- Go on serving our shares; those that are not returned somebody else serves.
UPDATE share_lease SET until = now() + make_interval(secs => %(ttl_s)s)
WHERE instance = %(instance)s AND share = ANY(%(shares)s::int[])
RETURNING share
