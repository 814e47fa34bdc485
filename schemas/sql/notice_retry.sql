-- The channel did not take it: later again.
UPDATE notice SET attempts = attempts + 1, next_attempt_at = %(at)s, receipt = %(receipt)s WHERE notice_id = %(notice_id)s
