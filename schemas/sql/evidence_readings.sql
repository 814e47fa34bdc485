-- The next readings of one point after a time, up to and with another.
SELECT ts, value, mark, late, batch_id FROM reading
WHERE point_id = %(point)s AND ts > %(after)s::timestamptz AND ts <= %(until)s::timestamptz
ORDER BY ts LIMIT %(at_most)s
