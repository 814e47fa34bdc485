-- The sum over some points of the days since a day, with the days counted.
SELECT coalesce(sum(value), 0)::float8 AS total, count(DISTINCT day) AS days, max(day) AS through
FROM daily WHERE point_id = ANY(%(points)s::int[]) AND day >= %(since)s AND day <= %(through)s AND value IS NOT NULL
