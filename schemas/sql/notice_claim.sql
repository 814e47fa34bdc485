-- Take the next notices of a channel in hand until an instant: reds first, then the oldest. Whoever dies loses his claim then.
UPDATE notice SET claimed_until = %(until)s
WHERE notice_id IN (
    SELECT notice_id FROM notice
    WHERE channel = %(channel)s AND sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL
      AND next_attempt_at <= %(now)s AND (claimed_until IS NULL OR claimed_until <= %(now)s)
    ORDER BY array_position(ARRAY['red', 'orange', 'yellow', 'blue'], level), notice_id
    LIMIT %(at_most)s FOR UPDATE SKIP LOCKED
)
RETURNING notice_id, incident_id, event_id, channel, recipient, step, level, body, attempts, made_at, claimed_until
