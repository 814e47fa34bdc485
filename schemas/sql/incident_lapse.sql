-- What was pending has not opened.
UPDATE incident SET state = 'lapsed', ended_at = last_window WHERE incident_id = %(incident_id)s
