-- A notice to send: once per line of the history, channel and recipient.
INSERT INTO notice (incident_id, event_id, step, channel, recipient, level, body, next_attempt_at)
VALUES (%(incident_id)s, %(event_id)s, %(step)s, %(channel)s, %(recipient)s, %(level)s, %(body)s, %(at)s)
ON CONFLICT (event_id, channel, recipient) DO NOTHING
