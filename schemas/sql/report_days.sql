-- Derived days of some points, both ends included, with the version of the rules they were derived by.
SELECT point_id, day, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked, rule_version
FROM daily
WHERE point_id = ANY(%(points)s::int[]) AND day BETWEEN %(first)s::date AND %(last)s::date
ORDER BY point_id, day
