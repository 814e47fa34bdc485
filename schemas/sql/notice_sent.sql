-- The channel took it.
UPDATE notice SET sent_at = %(at)s, attempts = attempts + 1, receipt = %(receipt)s, claimed_until = NULL
WHERE notice_id = %(notice_id)s AND sent_at IS NULL
