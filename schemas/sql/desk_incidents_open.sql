-- Incidents that last, as far as is known, and nobody has closed; newest first.
SELECT incident_id, rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body
FROM incident WHERE state IN ('open', 'unknown', 'recovering') AND settled_at IS NULL
ORDER BY began_at DESC, incident_id
