-- What people and the desk's clock keep of an incident.
UPDATE incident SET acked_by = %(acked_by)s, acked_at = %(acked_at)s, acked_until = %(acked_until)s, assignee = %(assignee)s,
    rung = %(rung)s, ladder_at = %(ladder_at)s, next_step_at = %(next_step_at)s, overdue = %(overdue)s, muted = %(muted)s,
    ack_due = %(ack_due)s, feedback_due = %(feedback_due)s, feedback_at = %(feedback_at)s, supervise_due = %(supervise_due)s,
    close_due = %(close_due)s, settled_at = %(settled_at)s, settled_by = %(settled_by)s, cause = %(cause)s
WHERE incident_id = %(incident_id)s
