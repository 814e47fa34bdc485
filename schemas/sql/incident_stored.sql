-- Incidents of one subject since a time.
SELECT incident_id, state, level, began_at, ended_at, last_window, body, settled_at, cause, opened_at, feedback_due FROM incident
WHERE rule = %(rule)s AND subject = %(subject)s AND began_at >= %(since)s
ORDER BY began_at
