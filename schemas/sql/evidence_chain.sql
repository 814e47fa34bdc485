-- The next links of the whole history, up to and with the last line of an incident.
SELECT seq, digest, previous_digest FROM incident_event
WHERE seq > %(after)s AND seq >= (SELECT min(seq) FROM incident_event WHERE incident_id = %(incident_id)s)
  AND seq <= (SELECT max(seq) FROM incident_event WHERE incident_id = %(incident_id)s)
ORDER BY seq LIMIT %(at_most)s
