-- Derived hours of some points, each in spans of its own: what the suspicion signals look at.
SELECT hourly.point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked
FROM unnest(%(points)s::int[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[]) AS wanted (point_id, since, until)
JOIN hourly ON hourly.point_id = wanted.point_id AND hour >= wanted.since AND hour < wanted.until
