-- New facts whose window has ended; the others stay until it has. A month is looked at while it lasts: its sums count.
DELETE FROM fresh_fact
WHERE fact_id = ANY(ARRAY(
    SELECT fact_id FROM fresh_fact
    WHERE window_start <= %(now)s::timestamptz
      AND window_start <= CASE basis
          WHEN 'hour' THEN %(now)s::timestamptz - INTERVAL '1 hour'
          WHEN 'day' THEN %(now)s::timestamptz - INTERVAL '1 day'
          ELSE %(now)s END
    ORDER BY window_start DESC LIMIT %(at_most)s
))
RETURNING basis, point_id, window_start
