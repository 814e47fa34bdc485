-- The sum over some points of the days since a day, with the days counted.
SELECT coalesce(sum(d.value), 0)::float8 AS total, count(DISTINCT d.day) AS days, max(d.day) AS through
FROM unnest(%(points)s::int[]) AS p (point_id)
-- Point by point: planned once for any array, `= ANY` reads the whole table and looks through the array for each row.
CROSS JOIN LATERAL (
    SELECT day, value FROM daily
    WHERE point_id = p.point_id AND day >= %(since)s AND day <= %(through)s AND value IS NOT NULL OFFSET 0
) d
