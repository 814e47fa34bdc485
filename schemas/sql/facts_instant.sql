-- Single readings become facts at once, not when their hour is derived; who judges is woken at commit.
WITH fresh AS (
    INSERT INTO fresh_fact (basis, point_id, window_start)
    SELECT 'instant', point_id, ts FROM unnest(%(points)s::int[], %(instants)s::timestamptz[]) AS told (point_id, ts)
    ON CONFLICT (window_start, basis, point_id) DO NOTHING
)
SELECT pg_notify('facts', '')
