-- What a channel took in the last minute, and what is in somebody's hands: how many, and since when.
SELECT count(*), min(coalesce(sent_at, %(now)s)) FROM (
    SELECT sent_at FROM notice
    WHERE channel = %(channel)s AND sent_at > %(now)s - interval '1 minute' AND digest_id IS NULL
    UNION ALL
    SELECT sent_at FROM notice WHERE channel = %(channel)s AND claimed_until > %(now)s AND sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL
) AS busy
