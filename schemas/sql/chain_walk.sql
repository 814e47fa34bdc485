-- The history in the order it was chained, with the text each digest was made of.
SELECT seq, digest, previous_digest, convert_to(concat_ws(E'\n', seq, event_id, coalesce(incident_id::text, '-'),
    (extract(epoch FROM at) * 1000000)::bigint, kind, actor, body::text), 'UTF8') AS said
FROM incident_event WHERE seq > %(after)s ORDER BY seq LIMIT %(at_most)s
