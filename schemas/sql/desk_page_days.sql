-- Derived days of one point in a span of days, oldest first.
SELECT day AS at, value, valid, n_valid, n_expected, n_received, n_late, marks, note FROM daily
WHERE point_id = %(point)s AND day >= %(since)s AND day < %(until)s ORDER BY day
