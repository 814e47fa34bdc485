-- The batches that brought the readings of some points in a span, with how many each brought.
SELECT b.batch_id, b.worker, b.received_from, b.received_to, r.readings
FROM (
    SELECT batch_id, count(*) AS readings FROM reading
    WHERE point_id = ANY(%(points)s::int[]) AND ts >= %(since)s::timestamptz AND ts < %(until)s::timestamptz
    GROUP BY batch_id
) AS r
JOIN batch b USING (batch_id)
ORDER BY b.batch_id
