-- Rows of this batch whose key was stored before, with the value that stands. The span, which the batch knows and the join
-- cannot tell, keeps it to the rooms that the batch touches; LATERAL keeps it to the index, whatever the estimates.
SELECT s.point_id, (date_part('epoch', s.ts) * 1000000)::bigint, r.value, r.mark
FROM staging s
CROSS JOIN LATERAL (
    SELECT value, mark, batch_id FROM reading
    WHERE point_id = s.point_id AND ts = s.ts AND ts BETWEEN %(since)s AND %(until)s
    ORDER BY ts DESC LIMIT 1
) r
WHERE r.batch_id <> s.batch_id
