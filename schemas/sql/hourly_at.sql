-- Derived hours of some points at given hours.
SELECT point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note
FROM hourly WHERE point_id = ANY(%(points)s) AND hour = ANY(%(windows)s)
