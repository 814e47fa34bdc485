-- Derived values older than they are kept, some at a time.
DELETE FROM hourly WHERE (point_id, hour) IN (
    SELECT point_id, hour FROM hourly WHERE hour < %(before)s LIMIT %(at_most)s
)
