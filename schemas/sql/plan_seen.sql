-- Under which plan each thing was last derived or judged.
SELECT key, digest FROM plan_seen WHERE kind = %(kind)s
