-- How the valid hours of some points in a span are spread: by steps of so much, how many.
SELECT point_id, floor(value / %(step)s::float8) * %(step)s::float8 AS bottom, count(*)
FROM hourly
WHERE point_id = ANY(%(points)s::int[]) AND hour >= %(since)s::timestamptz AND hour < %(until)s::timestamptz
  AND valid AND value IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
