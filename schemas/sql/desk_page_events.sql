-- The history of one incident, oldest first; of a storm of lines the newest.
SELECT event_id, at, kind, actor, body FROM (
    SELECT event_id, at, kind, actor, body FROM incident_event
    WHERE incident_id = %(incident_id)s ORDER BY event_id DESC LIMIT %(at_most)s
) newest ORDER BY event_id
