-- Hold a lease from now on: one that nobody holds, whose holder has gone silent, or our own; says who held it before.
WITH former AS (SELECT holder FROM lease WHERE name = %(lease)s)
INSERT INTO lease (name, holder, until)
VALUES (%(lease)s, %(holder)s, now() + make_interval(secs => %(ttl_s)s))
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE lease.until < now() OR lease.holder = excluded.holder
RETURNING coalesce((SELECT holder FROM former), '')
