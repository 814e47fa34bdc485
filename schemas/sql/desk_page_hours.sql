-- Derived hours of one point in a span, oldest first.
SELECT hour AS at, value, valid, n_valid, n_expected, n_received, n_late, marks, note FROM hourly
WHERE point_id = %(point)s AND hour >= %(since)s AND hour < %(until)s ORDER BY hour
