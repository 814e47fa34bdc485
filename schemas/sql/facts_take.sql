-- New facts whose window has ended, the newest first, of all bases or of one; the others stay until it has. A single reading's
-- window is its instant. A month is looked at while it lasts: its sums count.
DELETE FROM fresh_fact
WHERE fact_id = ANY(ARRAY(
    SELECT fact_id FROM fresh_fact
    WHERE window_start <= %(now)s::timestamptz
      -- Said this way the index answers it: a crowd of hours is not looked at when only single readings are asked for.
      AND basis = ANY(CASE WHEN %(basis)s::text IS NULL THEN ARRAY['instant', 'hour', 'day', 'month']
                      ELSE ARRAY[%(basis)s::text] END)
      AND window_start <= CASE basis
          WHEN 'hour' THEN %(now)s::timestamptz - INTERVAL '1 hour'
          WHEN 'day' THEN %(now)s::timestamptz - INTERVAL '1 day'
          ELSE %(now)s END
    ORDER BY window_start DESC LIMIT %(at_most)s
))
RETURNING basis, point_id, window_start
