-- People's acts of which nobody was told yet, among the last of the history.
SELECT e.event_id, e.incident_id, e.kind, e.actor, e.body FROM incident_event e
WHERE e.seq > (SELECT seq FROM chain_head WHERE name = 'incident_event') - 2000
  AND e.kind = ANY(%(kinds)s::text[]) AND e.incident_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM notice n WHERE n.event_id = e.event_id)
ORDER BY e.seq
