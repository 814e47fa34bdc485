-- One refused message of one site, with its bytes.
SELECT rejection_id, received_at, reason, topic, details, refused, payload FROM rejection
WHERE rejection_id = %(rejection)s AND site_id = %(site)s
