-- How many readings some points have in a closed span, in how many batches, and how many bytes those are, compressed.
SELECT coalesce(sum(r.readings), 0)::bigint, count(*), coalesce(sum(octet_length(b.payload)), 0)::bigint
FROM (
    SELECT batch_id, count(*) AS readings FROM reading
    WHERE point_id = ANY(%(points)s::int[]) AND ts >= %(since)s::timestamptz AND ts <= %(until)s::timestamptz
    GROUP BY batch_id
) AS r
LEFT JOIN batch b USING (batch_id)
