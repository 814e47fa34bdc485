-- The first batch that has not as many rows as it stored readings. Batches of before that was kept apart are left out.
SELECT b.worker, b.batch_id, coalesce(r.found, 0), b.stored, b.told
FROM batch b
LEFT JOIN (SELECT batch_id, count(*) AS found FROM reading GROUP BY batch_id) r USING (batch_id)
WHERE b.told IS NOT NULL AND coalesce(r.found, 0) <> b.stored - b.told
ORDER BY b.batch_id LIMIT 1
