-- What is beyond the storm cap of its recipient goes into a digest that still waits, or a new one. What was once tried goes as itself.
-- On a quiet channel blue and yellow go into the digest always. Returns how many were folded.
WITH waiting AS (
    SELECT notice_id, recipient, step, level, attempts, claimed_until, next_attempt_at, body ? 'text' AS is_written,
           array_position(ARRAY['red', 'orange', 'yellow', 'blue'], level) AS rank
    FROM notice WHERE channel = %(channel)s AND sent_at IS NULL AND given_up_at IS NULL AND digest_id IS NULL
), used AS (
    SELECT recipient, count(*) AS n FROM (
        SELECT recipient FROM notice
        WHERE channel = %(channel)s AND sent_at > %(since)s AND digest_id IS NULL AND step <> 'digest'
        UNION ALL
        SELECT recipient FROM waiting WHERE step <> 'digest' AND (attempts > 0 OR claimed_until IS NOT NULL)
    ) AS one GROUP BY recipient
), fresh AS (
    SELECT notice_id, recipient, level, rank,
           row_number() OVER (PARTITION BY recipient ORDER BY rank, notice_id) AS place
    FROM waiting
    WHERE step <> 'digest' AND attempts = 0 AND claimed_until IS NULL AND next_attempt_at <= %(now)s
), surplus AS (
    SELECT fresh.notice_id, fresh.recipient, fresh.rank FROM fresh LEFT JOIN used USING (recipient)
    WHERE fresh.place > %(most)s - coalesce(used.n, 0) OR (%(quiet)s AND fresh.level IN ('blue', 'yellow'))
), gravest AS (
    SELECT recipient, (ARRAY['red', 'orange', 'yellow', 'blue'])[min(rank)] AS level FROM surplus GROUP BY recipient
), last AS (
    SELECT recipient, max(sent_at) AS at FROM notice
    WHERE channel = %(channel)s AND sent_at > %(now)s - %(every)s AND digest_id IS NULL AND step = 'digest'
    GROUP BY recipient
), standing AS (
    SELECT recipient, max(notice_id) AS digest FROM waiting
    WHERE step = 'digest' AND NOT is_written GROUP BY recipient
), made AS (
    INSERT INTO notice (step, channel, recipient, level, body, next_attempt_at)
    SELECT 'digest', %(channel)s, recipient, gravest.level, '{}', greatest(%(now)s + %(gather)s, last.at + %(every)s)
    FROM gravest LEFT JOIN last USING (recipient)
    WHERE recipient NOT IN (SELECT recipient FROM standing)
    RETURNING recipient, notice_id AS digest
), raised AS (
    UPDATE notice SET level = gravest.level FROM standing JOIN gravest USING (recipient)
    WHERE notice.notice_id = standing.digest
      AND array_position(ARRAY['red', 'orange', 'yellow', 'blue'], gravest.level)
        < array_position(ARRAY['red', 'orange', 'yellow', 'blue'], notice.level)
)
UPDATE notice SET digest_id = chosen.digest
FROM surplus JOIN (SELECT * FROM standing UNION ALL SELECT * FROM made) AS chosen USING (recipient)
WHERE notice.notice_id = surplus.notice_id
