-- The incidents that stood at some time in a span of event time, each with the level it had by the end of the span.
SELECT i.incident_id, i.rule, i.subject, i.site_id, i.began_at, i.ended_at,
       coalesce(
           (SELECT e.body ->> 'level' FROM incident_event e
            WHERE e.incident_id = i.incident_id AND e.body ? 'level'
              AND (e.body ->> 'window_end')::timestamptz <= %(until)s::timestamptz
            ORDER BY e.event_id DESC LIMIT 1),
           (SELECT e.body ->> 'level' FROM incident_event e
            WHERE e.incident_id = i.incident_id AND e.body ? 'level' ORDER BY e.event_id LIMIT 1),
           i.level) AS level,
       coalesce(i.body ->> 'title', i.subject) AS title, coalesce(i.body ->> 'rule', i.rule) AS rule_zh
FROM incident i
WHERE i.began_at < %(until)s::timestamptz AND (i.ended_at IS NULL OR i.ended_at > %(since)s::timestamptz)
  AND i.state NOT IN ('pending', 'lapsed') AND NOT i.body ? 'withdrawn'
ORDER BY i.began_at, i.rule, i.subject, i.incident_id
