-- Incidents of one site that began since a time and are over, newest first.
SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, opened_at, body, acked_by,
       acked_at, acked_until, assignee, rung, ladder_at, next_step_at, overdue, muted, ack_due, feedback_due, feedback_at,
       close_due, settled_at, settled_by, cause
FROM incident
WHERE site_id = %(site)s AND began_at >= %(since)s AND state = 'closed'
ORDER BY began_at DESC, incident_id DESC LIMIT %(at_most)s
