-- From now on each thing is derived or judged under this plan.
INSERT INTO plan_seen (kind, key, digest)
SELECT %(kind)s, key, digest FROM unnest(%(keys)s::text[], %(digests)s::text[]) AS seen (key, digest)
ON CONFLICT (kind, key) DO UPDATE SET digest = excluded.digest
