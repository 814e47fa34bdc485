-- What was refused, with its bytes and why.
INSERT INTO rejection (received_at, reason, topic, site_id, device_id, details, refused, payload, batch_id)
VALUES (%(received_at)s, %(reason)s, %(topic)s, %(site_id)s, %(device_id)s, %(details)s, %(refused)s,
        %(payload)s, %(batch_id)s)
