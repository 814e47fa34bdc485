-- Derived days of some points, each in a span of its own, both ends included: how a month went before the judged day.
SELECT daily.point_id, day, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked
FROM unnest(%(points)s::int[], %(sinces)s::date[], %(untils)s::date[]) AS wanted (point_id, since, until)
JOIN daily ON daily.point_id = wanted.point_id AND day BETWEEN wanted.since AND wanted.until
ORDER BY daily.point_id, day
