-- Incidents of some states, newest first, from behind the one named in *before* on.
SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, last_window, opened_at, body,
       acked_by, acked_at, acked_until, assignee, rung, muted, overdue, ack_due, feedback_due, feedback_at, close_due,
       settled_at, settled_by, cause
FROM incident
WHERE state = ANY(%(states)s::text[])
  AND (%(site)s::text IS NULL OR site_id = %(site)s)
  AND (%(level)s::text IS NULL OR level = %(level)s)
  AND (%(bureau)s::text IS NULL OR lead_bureau = %(bureau)s)
  AND (%(since)s::timestamptz IS NULL OR began_at >= %(since)s)
  AND (%(before)s::bigint IS NULL
       OR (began_at, incident_id) < (SELECT began_at, incident_id FROM incident WHERE incident_id = %(before)s))
ORDER BY began_at DESC, incident_id DESC LIMIT %(at_most)s
