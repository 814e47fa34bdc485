-- Put back what was taken in hand and not tried.
UPDATE notice SET claimed_until = NULL WHERE notice_id = ANY(%(notices)s) AND claimed_until = %(claim)s AND sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL
