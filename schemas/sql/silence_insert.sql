-- A silence or maintenance window planned ahead.
INSERT INTO silence (kind, site_id, device_id, rule, since, until, reason, made_by)
VALUES (%(kind)s, %(site)s, %(device)s, %(rule)s, %(since)s, %(until)s, %(reason)s, %(by)s)
RETURNING silence_id
