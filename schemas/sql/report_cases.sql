-- The incidents known before an instant that something has happened to since another, or that were not done with by then.
SELECT i.incident_id, i.rule, i.subject, i.site_id, i.began_at, i.ended_at, i.opened_at, i.lead_bureau,
       coalesce(i.body ->> 'title', i.subject) AS title, coalesce(i.body ->> 'rule', i.rule) AS rule_zh
FROM incident i
WHERE i.opened_at < %(until)s::timestamptz AND i.state NOT IN ('pending', 'lapsed')
  AND (i.state IN ('open', 'unknown', 'recovering') OR (i.settled_at IS NULL AND i.level IN ('orange', 'red'))
       OR EXISTS (SELECT 1 FROM incident_event e WHERE e.incident_id = i.incident_id AND e.at >= %(since)s::timestamptz))
ORDER BY i.opened_at, i.incident_id
