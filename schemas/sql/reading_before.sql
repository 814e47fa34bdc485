-- The last reading before an instant, no more than 40 days back.
SELECT (date_part('epoch', ts) * 1000000)::bigint, value, mark
FROM reading
WHERE point_id = %(point)s AND ts < %(at)s::timestamptz AND ts >= %(at)s::timestamptz - INTERVAL '40 days'
ORDER BY ts DESC LIMIT 1
