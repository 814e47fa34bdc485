-- Derived months of some points, both ends included.
SELECT point_id, month, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked
FROM monthly WHERE point_id = ANY(%(points)s) AND month BETWEEN %(since)s AND %(until)s ORDER BY point_id, month
