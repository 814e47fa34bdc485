-- Derived days of some points at given days.
SELECT point_id, day, value, low, high, n_valid, n_expected, valid, marks, note
FROM daily WHERE point_id = ANY(%(points)s) AND day = ANY(%(windows)s)
