-- One stored value with the batch it came in.
SELECT r.value, r.mark, r.late, b.batch_id, b.worker, b.payload
FROM point p
JOIN reading r USING (point_id)
JOIN batch b USING (batch_id)
WHERE p.site_id = %(site)s AND p.device_id = %(device)s AND p.factor = %(factor)s AND r.ts = %(at)s
