-- Incidents that last, as far as is known, and nobody has closed: the gravest, then the newest, as many as a wall can list.
SELECT incident_id, rule, subject, site_id, state, level, lead_bureau, began_at, last_window, acked_until, body
FROM incident WHERE state IN ('open', 'unknown', 'recovering') AND settled_at IS NULL
ORDER BY array_position(ARRAY['red', 'orange', 'yellow', 'blue'], level), began_at DESC, incident_id LIMIT 300
