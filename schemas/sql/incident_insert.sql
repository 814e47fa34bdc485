-- A new incident.
INSERT INTO incident (rule, subject, site_id, device_id, state, level, lead_bureau, began_at, ended_at, last_window, body,
                      opened_at)
VALUES (%(rule)s, %(subject)s, %(site_id)s, %(device_id)s, %(state)s, %(level)s, %(lead_bureau)s, %(began_at)s, %(ended_at)s,
        %(last_window)s, %(body)s, %(opened_at)s)
RETURNING incident_id
