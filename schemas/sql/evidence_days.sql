-- Derived days of one point, both ends included.
SELECT day, value, low, high, n_valid, n_expected, valid, marks, note, n_received, n_late, n_stopped, n_checked,
       rule_version, derived_at
FROM daily
WHERE point_id = %(point)s AND day >= %(first)s::date AND day <= %(last)s::date
ORDER BY day
