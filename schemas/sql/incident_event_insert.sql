-- One line of an incident's history.
INSERT INTO incident_event (incident_id, kind, body) VALUES (%(incident_id)s, %(kind)s, %(body)s)
