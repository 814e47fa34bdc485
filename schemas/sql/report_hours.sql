-- Derived hours of some points, from a time until before another, with the version of the rules they were derived by.
SELECT point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked, rule_version
FROM hourly
WHERE point_id = ANY(%(points)s::int[]) AND hour >= %(since)s::timestamptz AND hour < %(until)s::timestamptz
ORDER BY point_id, hour
