-- Take marks off, newest hours first, until they stand for enough point-hours; those that come meanwhile stay for the next round.
DELETE FROM stale_window
WHERE stale_id = ANY(ARRAY(
    SELECT stale_id
    FROM (
        SELECT stale_id,
               sum(cardinality(point_ids)) OVER (ORDER BY hour DESC, stale_id) - cardinality(point_ids) AS before
        FROM (
            SELECT stale_id, hour, point_ids FROM stale_window
            ORDER BY hour DESC, stale_id LIMIT %(at_most)s FOR UPDATE SKIP LOCKED
        ) AS newest
    ) AS counted
    WHERE before < %(most)s
))
RETURNING hour, point_ids, whole
