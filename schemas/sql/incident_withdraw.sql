-- An incident that the facts no longer bear out.
UPDATE incident SET state = 'closed', ended_at = coalesce(ended_at, last_window), body = %(body)s
WHERE incident_id = %(incident_id)s
