-- The incidents that stood at some time in a span of event time, each in the words and with the level it had by the end of the span.
SELECT i.incident_id, i.rule, i.subject, i.site_id, i.began_at, i.ended_at, coalesce(e.body ->> 'level', i.level) AS level,
       coalesce(e.body ->> 'title', i.body ->> 'title', i.subject) AS title,
       coalesce(e.body ->> 'rule', i.body ->> 'rule', i.rule) AS rule_zh
FROM incident i
-- The last line of its history that speaks of a window of the span; of an incident that was found later, its first.
LEFT JOIN LATERAL (
    SELECT body FROM incident_event
    WHERE incident_id = i.incident_id AND body ? 'level' AND body ? 'window_end'
    ORDER BY (body ->> 'window_end')::timestamptz <= %(until)s::timestamptz DESC,
             CASE WHEN (body ->> 'window_end')::timestamptz <= %(until)s::timestamptz THEN -event_id ELSE event_id END
    LIMIT 1
) e ON true
WHERE i.began_at < %(until)s::timestamptz AND (i.ended_at IS NULL OR i.ended_at > %(since)s::timestamptz)
  AND i.state NOT IN ('pending', 'lapsed') AND NOT i.body ? 'withdrawn'
ORDER BY i.began_at, i.rule, i.subject, i.incident_id
