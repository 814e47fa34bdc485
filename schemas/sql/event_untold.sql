-- People's acts of which nobody was told yet, among the last of the history.
SELECT e.event_id, e.incident_id, e.kind, e.actor, e.body
-- A bound that the planner knows: asked for lines after a number that it does not know, it reads all notices.
FROM (SELECT event_id, incident_id, kind, actor, body, seq FROM incident_event ORDER BY seq DESC LIMIT 2000) e
WHERE e.kind = ANY(%(kinds)s::text[]) AND e.incident_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM notice n WHERE n.event_id = e.event_id)
ORDER BY e.seq
