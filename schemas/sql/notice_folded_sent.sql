-- The channel took the digest that these are in.
UPDATE notice SET sent_at = %(at)s, receipt = %(receipt)s WHERE digest_id = %(notice_id)s AND sent_at IS NULL
