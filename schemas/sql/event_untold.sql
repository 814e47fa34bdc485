-- People's acts of which nobody was told yet, in their order. The history commits in its order: nothing appears before what was told.
SELECT seq, event_id, incident_id, kind, actor, body FROM incident_event
WHERE seq > coalesce((SELECT seq FROM chain_head WHERE name = 'acts_told'), 0)
  AND kind = ANY(%(kinds)s::text[]) AND incident_id IS NOT NULL AND actor <> ''
ORDER BY seq LIMIT %(at_most)s
