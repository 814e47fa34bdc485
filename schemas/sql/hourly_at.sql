-- Derived values of point-hours.
SELECT point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note,
       n_received, n_late, n_stopped, n_checked
FROM unnest(%(points)s::int[], %(windows)s::timestamptz[]) AS wanted (point_id, hour) JOIN hourly USING (point_id, hour)
