-- Derived months of one point (by their first days), both ends included.
SELECT month, value, low, high, n_valid, n_expected, valid, marks, note, n_received, n_late, n_stopped, n_checked,
       rule_version, derived_at
FROM monthly
WHERE point_id = %(point)s AND month >= date_trunc('month', %(first)s::date)::date AND month <= %(last)s::date
ORDER BY month
