-- One incident as it stands, held until the act is written.
SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, opened_at, body, acked_by,
       acked_at, acked_until, assignee, rung, ladder_at, next_step_at, overdue, muted, ack_due, feedback_due, feedback_at,
       supervise_due, close_due, settled_at, settled_by, cause
FROM incident WHERE incident_id = %(incident_id)s FOR UPDATE
