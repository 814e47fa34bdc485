-- Rows of this batch whose key was stored before, with the value that stands.
SELECT s.point_id, (extract(epoch FROM s.ts) * 1000000)::bigint, r.value, r.mark
FROM staging s
JOIN reading r ON r.point_id = s.point_id AND r.ts = s.ts
-- Without the span, which the join cannot tell, every room there is would be read.
    AND r.ts >= (SELECT min(ts) FROM staging) AND r.ts <= (SELECT max(ts) FROM staging)
WHERE r.batch_id <> s.batch_id
