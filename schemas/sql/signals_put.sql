-- Days whose signals are to be asked.
INSERT INTO fresh_fact (basis, point_id, window_start)
SELECT 'signal', point_id, window_start FROM unnest(%(points)s::int[], %(starts)s::timestamptz[]) AS said (point_id, window_start)
ON CONFLICT (window_start, basis, point_id) DO NOTHING
