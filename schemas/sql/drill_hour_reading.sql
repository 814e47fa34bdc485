-- The stored reading of one point in a span of a millisecond, with the batch it came in (none where that is no longer kept).
SELECT r.ts, r.value, r.mark, r.late, r.batch_id, b.worker, b.received_from, b.received_to, b.messages, b.payload, b.digest,
       b.previous_digest
FROM reading r LEFT JOIN batch b USING (batch_id)
WHERE r.point_id = %(point)s AND r.ts >= %(since)s AND r.ts < %(until)s ORDER BY r.ts LIMIT 1
