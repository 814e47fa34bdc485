-- The newest reading of one point, and when its batch was received.
SELECT r.ts, r.value, r.mark, r.late, b.received_to AS received_at
FROM reading r LEFT JOIN batch b USING (batch_id)
WHERE r.point_id = %(point)s AND r.ts > %(since)s
ORDER BY r.ts DESC LIMIT 1
