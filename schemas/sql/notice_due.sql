-- Notices to send now, oldest first.
SELECT notice_id, channel, body, attempts FROM notice
WHERE sent_at IS NULL AND next_attempt_at <= %(now)s ORDER BY notice_id LIMIT 100
