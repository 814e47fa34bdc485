-- Derived days of some points, both ends included.
SELECT point_id, day, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked
FROM daily WHERE point_id = ANY(%(points)s) AND day BETWEEN %(since)s AND %(until)s ORDER BY point_id, day
