-- Readings of some points on some days, in time order: what the devices sent in hours that bear marks.
SELECT reading.point_id, ts, value, mark, late
FROM unnest(%(points)s::int[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[]) AS wanted (point_id, since, until)
JOIN reading ON reading.point_id = wanted.point_id AND ts >= wanted.since AND ts < wanted.until
-- Said once for all, so that rooms nobody asks for are not looked into.
WHERE ts >= %(first)s AND ts < %(last)s
ORDER BY reading.point_id, ts
