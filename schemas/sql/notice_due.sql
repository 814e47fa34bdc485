-- Channels with notices to send: how many, and from when on. One in somebody's hands counts from the end of his claim.
SELECT channel, count(*) AS waiting, min(greatest(next_attempt_at, claimed_until)) AS due FROM notice
WHERE sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL GROUP BY channel
