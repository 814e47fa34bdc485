-- Derived hours of some points, from a time until before another.
SELECT point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked
FROM hourly
WHERE point_id = ANY(%(points)s) AND hour >= %(since)s AND hour < %(until)s
