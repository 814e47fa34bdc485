-- Open incidents, newest first.
SELECT incident_id, rule, subject, site_id, level, lead_bureau, began_at, last_window, body
FROM incident WHERE state = 'open' ORDER BY began_at DESC, incident_id
