-- One page of the stored readings of one point in a span, with the batch each came in.
SELECT r.ts, r.value, r.mark, r.late, r.batch_id, b.received_from, b.received_to
FROM reading r LEFT JOIN batch b USING (batch_id)
WHERE r.point_id = %(point)s AND r.ts >= %(since)s AND r.ts < %(until)s AND r.ts > %(after)s
ORDER BY r.ts LIMIT %(at_most)s
