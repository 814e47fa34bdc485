-- Who was told of one incident, what, by which way, and how that went.
SELECT notice_id, event_id, step, channel, recipient, level, made_at, attempts, sent_at, receipt, given_up_at, digest_id,
       body->>'title' AS title, body->>'text' AS text
FROM notice WHERE incident_id = %(incident_id)s ORDER BY notice_id
