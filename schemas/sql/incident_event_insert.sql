-- One line of the history; the database chains it to the line before.
INSERT INTO incident_event (incident_id, kind, actor, body) VALUES (%(incident_id)s, %(kind)s, %(actor)s, %(body)s)
RETURNING event_id
