-- Incidents of one state, newest first.
SELECT incident_id, rule, subject, site_id, state, level, lead_bureau, began_at, ended_at, last_window, opened_at, body
FROM incident WHERE state = ANY(%(states)s::text[]) ORDER BY began_at DESC, incident_id DESC LIMIT %(at_most)s
