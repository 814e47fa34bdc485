-- What a digest says, before it is sent the first time: from now on it does not grow.
UPDATE notice SET body = %(body)s WHERE notice_id = %(notice_id)s
