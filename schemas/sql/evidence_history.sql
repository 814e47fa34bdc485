-- The next lines of the history of one incident, with the exact text each digest was made of (as chain_walk makes it).
SELECT seq, event_id, incident_id, at, kind, actor, body::text AS body, digest, previous_digest,
       concat_ws(E'\n', seq, event_id, coalesce(incident_id::text, '-'),
                 (extract(epoch FROM at) * 1000000)::bigint, kind, actor, body::text) AS said
FROM incident_event
WHERE incident_id = %(incident_id)s AND seq > %(after)s ORDER BY seq LIMIT %(at_most)s
