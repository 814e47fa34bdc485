-- What was refused of one device in a span of receipt, oldest first, with its bytes.
SELECT rejection_id, received_at, reason, topic, details, refused, payload, batch_id, replayed_at FROM rejection
WHERE site_id = %(site)s AND device_id = %(device)s AND received_at >= %(since)s AND received_at < %(until)s
ORDER BY received_at, rejection_id LIMIT %(at_most)s
