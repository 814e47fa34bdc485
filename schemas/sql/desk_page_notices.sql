-- Who was told of one incident, and how that went; folded ones with when their digest went out.
SELECT n.notice_id, n.step, n.channel, n.recipient, n.level, n.made_at, n.attempts, n.next_attempt_at, n.sent_at, n.receipt,
       n.given_up_at, n.digest_id, d.sent_at AS digest_sent_at
FROM notice n LEFT JOIN notice d ON d.notice_id = n.digest_id
WHERE n.incident_id = %(incident_id)s ORDER BY n.notice_id DESC LIMIT %(at_most)s
