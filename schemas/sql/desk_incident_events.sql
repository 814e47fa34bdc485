-- The whole history of one incident, with its place in the chain.
SELECT event_id, at, kind, actor, body, seq, encode(digest, 'hex') AS digest
FROM incident_event WHERE incident_id = %(incident_id)s ORDER BY event_id
