-- Single readings (times in µs since 1970) become facts at once, not when their hour is derived; who judges is woken at commit.
WITH fresh AS (
    INSERT INTO fresh_fact (basis, point_id, window_start)
    SELECT 'instant', point_id, timestamptz '1970-01-01 00:00:00Z' + ts_us * INTERVAL '1 microsecond'
    FROM unnest(%(points)s::int[], %(instants_us)s::bigint[]) AS told (point_id, ts_us)
    ON CONFLICT (window_start, basis, point_id) DO NOTHING
)
SELECT pg_notify('facts', '')
