-- An incident as the data have it now.
UPDATE incident SET state = %(state)s, level = %(level)s, began_at = %(began_at)s, ended_at = %(ended_at)s,
    last_window = %(last_window)s, body = %(body)s, opened_at = coalesce(%(opened_at)s, opened_at)
WHERE incident_id = %(incident_id)s
