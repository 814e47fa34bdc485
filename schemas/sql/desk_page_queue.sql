-- What the duty desk's queue shows: all that is live or pending, what waits to be closed by a person, the newest of what was.
(SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, opened_at, body,
        acked_by, acked_at, acked_until, assignee, rung, ladder_at, next_step_at, overdue, muted, ack_due, feedback_due,
        feedback_at, close_due, settled_at, settled_by, cause
 FROM incident WHERE state IN ('open', 'unknown', 'recovering') ORDER BY began_at LIMIT %(live)s)
UNION ALL
(SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, opened_at, body,
        acked_by, acked_at, acked_until, assignee, rung, ladder_at, next_step_at, overdue, muted, ack_due, feedback_due,
        feedback_at, close_due, settled_at, settled_by, cause
 FROM incident WHERE state = 'pending' ORDER BY began_at DESC LIMIT %(rest)s)
UNION ALL
(SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, opened_at, body,
        acked_by, acked_at, acked_until, assignee, rung, ladder_at, next_step_at, overdue, muted, ack_due, feedback_due,
        feedback_at, close_due, settled_at, settled_by, cause
 FROM incident WHERE state = 'closed' AND settled_at IS NULL AND NOT body ? 'withdrawn'
 ORDER BY began_at DESC LIMIT %(rest)s)
UNION ALL
(SELECT incident_id, rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, opened_at, body,
        acked_by, acked_at, acked_until, assignee, rung, ladder_at, next_step_at, overdue, muted, ack_due, feedback_due,
        feedback_at, close_due, settled_at, settled_by, cause
 FROM incident WHERE state = 'closed' AND (settled_at IS NOT NULL OR body ? 'withdrawn')
 ORDER BY began_at DESC LIMIT %(rest)s)
