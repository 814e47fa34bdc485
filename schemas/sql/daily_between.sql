-- Derived days of one point, both ends included.
SELECT day, value, low, high, n_valid, n_expected, valid, marks, note
FROM daily WHERE point_id = %(point)s AND day BETWEEN %(since)s AND %(until)s ORDER BY day
