-- Write derived hourly rows; those that truly changed are new facts for the judge.
WITH changed AS (
    INSERT INTO hourly (point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note, rule_version)
    SELECT *, %(rule_version)s
    FROM unnest(%(points)s::int[], %(windows)s::timestamptz[], %(value)s::float8[], %(low)s::float8[], %(high)s::float8[],
                %(n_valid)s::int[], %(n_expected)s::int[], %(valid)s::bool[], %(marks)s::text[], %(note)s::text[])
    ON CONFLICT (point_id, hour) DO UPDATE SET
        value = excluded.value, low = excluded.low, high = excluded.high, n_valid = excluded.n_valid,
        n_expected = excluded.n_expected, valid = excluded.valid, marks = excluded.marks, note = excluded.note,
        rule_version = excluded.rule_version, derived_at = now()
    WHERE (hourly.value, hourly.low, hourly.high, hourly.n_valid, hourly.n_expected, hourly.valid, hourly.marks, hourly.note,
           hourly.rule_version)
        IS DISTINCT FROM
        (excluded.value, excluded.low, excluded.high, excluded.n_valid, excluded.n_expected, excluded.valid,
         excluded.marks, excluded.note, excluded.rule_version)
    RETURNING point_id, hour
)
INSERT INTO fresh_fact (basis, point_id, window_start)
SELECT 'hour', point_id, hour FROM changed
