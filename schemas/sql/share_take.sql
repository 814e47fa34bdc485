-- Serve a share from now on: one that nobody serves, whose server has gone silent, or which a process of our name served
-- that we have come after.
INSERT INTO share_lease (share, worker, instance, until)
VALUES (%(share)s, %(worker)s, %(instance)s, now() + make_interval(secs => %(ttl_s)s))
ON CONFLICT (share) DO UPDATE SET worker = excluded.worker, instance = excluded.instance, until = excluded.until
WHERE share_lease.until < now() OR share_lease.instance = excluded.instance
   OR (share_lease.worker = excluded.worker AND %(is_successor)s)
RETURNING share
