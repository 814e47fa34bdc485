-- What was given up goes to the log and to the channels named for that, once: what stands in for another has no stand-in.
INSERT INTO notice (incident_id, event_id, step, channel, recipient, level, body, next_attempt_at)
SELECT incident_id, event_id, step, name, recipient, level,
       body - 'refused' || jsonb_build_object('fallback', '[]'::jsonb, 'fell_back_from', channel,
                               'text', '（' || channel || ' 未送达，改发此处）' || coalesce(body ->> 'text', '')),
       %(at)s
FROM notice CROSS JOIN LATERAL (
    SELECT 'log' AS name UNION SELECT jsonb_array_elements_text(coalesce(body -> 'fallback', '[]'))
) AS other
WHERE (digest_id = %(notice_id)s OR (notice_id = %(notice_id)s AND step <> 'digest'))
  AND name <> channel AND NOT body ? 'fell_back_from'
ON CONFLICT (event_id, channel, recipient) DO NOTHING
