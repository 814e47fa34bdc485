-- Judge again every derived window, or single reading, of some points in a span.
INSERT INTO fresh_fact (basis, point_id, window_start)
SELECT 'hour', point_id, hour FROM hourly
WHERE 'hour' = ANY(%(bases)s::text[]) AND point_id = ANY(%(points)s::int[]) AND hour >= %(since)s AND hour < %(until)s
UNION ALL
SELECT 'day', point_id, day::timestamp AT TIME ZONE 'Asia/Shanghai' FROM daily
WHERE 'day' = ANY(%(bases)s::text[]) AND point_id = ANY(%(points)s::int[])
  AND day >= (%(since)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date AND day < (%(until)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date
UNION ALL
SELECT 'month', point_id, month::timestamp AT TIME ZONE 'Asia/Shanghai' FROM monthly
WHERE 'month' = ANY(%(bases)s::text[]) AND point_id = ANY(%(points)s::int[])
  AND month >= date_trunc('month', %(since)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date
  AND month < (%(until)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date
UNION ALL
SELECT 'instant', point_id, ts FROM reading
WHERE 'instant' = ANY(%(bases)s::text[]) AND point_id = ANY(%(points)s::int[]) AND ts >= %(since)s AND ts < %(until)s
ON CONFLICT (window_start, basis, point_id) DO NOTHING
