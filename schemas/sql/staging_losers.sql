-- Rows of this batch whose key was stored before, with the value that stands.
SELECT s.point_id, (extract(epoch FROM s.ts) * 1000000)::bigint, r.value, r.mark
FROM staging s
JOIN reading r ON r.point_id = s.point_id AND r.ts = s.ts
WHERE r.batch_id <> s.batch_id
