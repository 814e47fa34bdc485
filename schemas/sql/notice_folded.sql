-- What is inside a digest.
SELECT notice_id, incident_id, event_id, step, level, body ->> 'site' AS site, coalesce(body ->> 'text', '') AS text
FROM notice WHERE digest_id = %(notice_id)s ORDER BY notice_id
