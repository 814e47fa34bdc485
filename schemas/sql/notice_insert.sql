-- A notice to send: once per incident, step and channel.
INSERT INTO notice (incident_id, step, channel, body) VALUES (%(incident_id)s, %(step)s, %(channel)s, %(body)s)
ON CONFLICT ON CONSTRAINT notice_once DO NOTHING
