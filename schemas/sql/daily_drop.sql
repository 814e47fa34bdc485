-- Derived values older than they are kept, some at a time.
DELETE FROM daily WHERE (point_id, day) IN (
    SELECT point_id, day FROM daily WHERE day < %(before)s LIMIT %(at_most)s
)
