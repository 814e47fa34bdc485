-- Take marks off, newest hours first; those that come meanwhile stay for the next round.
DELETE FROM stale_window
WHERE stale_id = ANY(ARRAY(
    SELECT stale_id FROM stale_window ORDER BY hour DESC, stale_id LIMIT %(at_most)s FOR UPDATE SKIP LOCKED
))
RETURNING hour, point_ids, whole
