-- How many hours of some points in a span wait to be derived again.
SELECT count(*) FROM stale_window
WHERE hour >= %(since)s::timestamptz AND hour < %(until)s::timestamptz AND point_ids && %(points)s::int[]
