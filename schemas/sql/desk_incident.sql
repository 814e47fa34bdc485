-- One incident with all that is kept of it.
SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, last_window, opened_at, body,
       acked_by, acked_at, acked_until, assignee, rung, next_step_at, muted, overdue, ack_due, feedback_due, feedback_at,
       close_due, settled_at, settled_by, cause
FROM incident WHERE incident_id = %(incident_id)s
