-- Marks of a site or device, newest first.
SELECT mark_id, site_id, device_id, point_ids, kind, since, until, reason, evidence, made_by, made_at, withdrawn_by, withdrawn_at
FROM mark
WHERE (%(site)s::text = '' OR site_id = %(site)s) AND (%(device)s::text = '' OR device_id = %(device)s)
ORDER BY mark_id DESC LIMIT %(at_most)s
