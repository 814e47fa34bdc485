-- Who was told of one incident, and how that went.
SELECT notice_id, event_id, step, channel, recipient, level, made_at, attempts, next_attempt_at, sent_at, receipt, given_up_at,
       digest_id
FROM notice WHERE incident_id = %(incident_id)s ORDER BY notice_id
