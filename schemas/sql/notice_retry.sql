-- The channel did not take it: later again. It counts how often that was a refusal.
UPDATE notice SET attempts = attempts + 1, next_attempt_at = %(at)s, receipt = %(receipt)s, claimed_until = NULL,
    body = CASE WHEN %(refused)s > 0 THEN body || jsonb_build_object('refused', %(refused)s::int) ELSE body END
WHERE notice_id = %(notice_id)s AND claimed_until = %(claim)s AND sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL
