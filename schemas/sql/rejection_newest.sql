-- Rejections, newest first.
SELECT rejection_id, received_at, reason, topic, details, refused, payload, batch_id, replayed_at
FROM rejection
WHERE rejection_id > %(after)s
  AND (cardinality(%(reasons)s::text[]) = 0 OR reason = ANY(%(reasons)s::text[]))
  AND (%(site)s::text = '' OR site_id = %(site)s)
  AND (%(device)s::text = '' OR device_id = %(device)s)
  AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
  AND (%(contains)s::text = '' OR strpos(topic, %(contains)s) > 0 OR strpos(array_to_string(details, ' '), %(contains)s) > 0
       OR position(convert_to(%(contains)s, 'UTF8') IN payload) > 0)
  AND (%(replayed_too)s OR replayed_at IS NULL)
ORDER BY rejection_id DESC LIMIT %(at_most)s
