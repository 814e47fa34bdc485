-- Write derived hourly rows and return which truly changed; those are new facts for the judge.
WITH changed AS (
    INSERT INTO hourly (point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note, n_received, n_late,
                        n_stopped, n_checked, rule_version)
    SELECT *, %(rule_version)s
    FROM unnest(%(points)s::int[], %(windows)s::timestamptz[], %(value)s::float8[], %(low)s::float8[], %(high)s::float8[],
                %(n_valid)s::int[], %(n_expected)s::int[], %(valid)s::bool[], %(marks)b::text[], %(note)b::text[],
                %(n_received)s::int[], %(n_late)s::int[], %(n_stopped)s::int[], %(n_checked)s::int[])
    ON CONFLICT (point_id, hour) DO UPDATE SET
        value = excluded.value, low = excluded.low, high = excluded.high, n_valid = excluded.n_valid,
        n_expected = excluded.n_expected, valid = excluded.valid, marks = excluded.marks, note = excluded.note,
        n_received = excluded.n_received, n_late = excluded.n_late, n_stopped = excluded.n_stopped,
        n_checked = excluded.n_checked, rule_version = excluded.rule_version, derived_at = now()
    WHERE (hourly.value, hourly.low, hourly.high, hourly.n_valid, hourly.n_expected, hourly.valid, hourly.marks,
           hourly.note, hourly.n_received, hourly.n_late, hourly.n_stopped, hourly.n_checked, hourly.rule_version)
        IS DISTINCT FROM
        (excluded.value, excluded.low, excluded.high, excluded.n_valid, excluded.n_expected, excluded.valid, excluded.marks,
         excluded.note, excluded.n_received, excluded.n_late, excluded.n_stopped, excluded.n_checked, excluded.rule_version)
    RETURNING point_id, hour
),
facts AS (
    INSERT INTO fresh_fact (basis, point_id, window_start)
    SELECT 'hour', point_id, hour FROM changed
    ON CONFLICT (window_start, basis, point_id) DO NOTHING
)
SELECT point_id, hour FROM changed
