-- In how many derived hours of some points, before a time, readings had come that are gone by now.
SELECT count(*) FROM hourly
WHERE point_id = ANY(%(points)s::int[]) AND hour >= %(since)s::timestamptz AND hour < %(before)s::timestamptz AND n_received > 0
