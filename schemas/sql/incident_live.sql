-- Incidents of some rules that last: they may mute others.
SELECT incident_id, rule, subject, site_id, device_id, level, state, began_at, opened_at FROM incident
WHERE state = ANY('{open,unknown,recovering}') AND settled_at IS NULL AND rule = ANY(%(rules)s::text[])
ORDER BY incident_id
