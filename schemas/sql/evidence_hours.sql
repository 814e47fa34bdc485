-- The next derived hours of one point, from a time until before another.
SELECT hour, value, low, high, n_valid, n_expected, valid, marks, note, n_received, n_late, n_stopped, n_checked,
       rule_version, derived_at
FROM hourly
WHERE point_id = %(point)s AND hour > %(after)s::timestamptz AND hour < %(until)s::timestamptz
ORDER BY hour LIMIT %(at_most)s
