-- What happened to some incidents before an instant, and the words that were said with it; oldest first.
SELECT incident_id, kind, at, actor, coalesce(body ->> 'by', '') AS person, body ->> 'level' AS level,
       coalesce(body ->> 'text', '') AS text, coalesce(body ->> 'cause_zh', '') AS cause,
       coalesce(body ->> 'deadline', '') AS deadline, coalesce(body ->> 'name', '') AS name
FROM incident_event
WHERE incident_id = ANY(%(incidents)s::bigint[]) AND at < %(until)s::timestamptz
ORDER BY incident_id, event_id
