-- Derived months of one point in a span of days, oldest first.
SELECT month AS at, value, valid, n_valid, n_expected, n_received, n_late, marks, note FROM monthly
WHERE point_id = %(point)s AND month >= %(since)s AND month < %(until)s ORDER BY month
