-- The channel will not take it, nor what is folded into it.
UPDATE notice SET given_up_at = %(at)s, receipt = %(receipt)s, claimed_until = NULL,
    attempts = attempts + CASE WHEN notice_id = %(notice_id)s THEN 1 ELSE 0 END
WHERE (notice_id = %(notice_id)s OR digest_id = %(notice_id)s) AND sent_at IS NULL AND given_up_at IS NULL
