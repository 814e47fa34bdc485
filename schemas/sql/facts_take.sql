-- New facts whose window has ended; the others stay until it has.
DELETE FROM fresh_fact
WHERE fact_id = ANY(ARRAY(
    SELECT fact_id FROM fresh_fact
    WHERE window_start <= %(now)s::timestamptz - INTERVAL '1 hour'
      AND window_start + CASE basis WHEN 'hour' THEN INTERVAL '1 hour' ELSE INTERVAL '1 day' END <= %(now)s
    ORDER BY window_start DESC LIMIT %(at_most)s
))
RETURNING basis, point_id, window_start
