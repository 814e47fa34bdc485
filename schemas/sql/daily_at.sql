-- Derived values of point-days.
SELECT point_id, day, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked
FROM unnest(%(points)s::int[], %(windows)s::date[]) AS wanted (point_id, day) JOIN daily USING (point_id, day)
