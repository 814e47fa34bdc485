-- What this transaction changed of the incidents.
SELECT e.kind, i.rule, i.subject, i.began_at, i.level, i.body ->> 'title'
FROM incident_event e JOIN incident i USING (incident_id)
WHERE e.at = now()
ORDER BY e.event_id
