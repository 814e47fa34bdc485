-- The history of some incidents.
SELECT incident_id, at, kind FROM incident_event WHERE incident_id = ANY(%(incidents)s::bigint[]) ORDER BY event_id
