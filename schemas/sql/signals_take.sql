-- Days whose signals can be asked: ended, and none of the hours they look back on waits to be derived. A backlog that is still
-- being worked off would look like an outage. While many past hours wait, nobody is asked for at all.
DELETE FROM fresh_fact
WHERE fact_id = ANY(ARRAY(
    SELECT f.fact_id FROM fresh_fact f
    WHERE f.basis = 'signal' AND f.window_start <= %(now)s::timestamptz - INTERVAL '1 day'
      AND (SELECT count(*) FROM (SELECT FROM stale_window WHERE hour < %(today)s::timestamptz LIMIT 501) AS waiting) <= 500
      AND NOT EXISTS (
          SELECT FROM stale_window s
          WHERE s.hour >= f.window_start - INTERVAL '8 days' AND s.hour < f.window_start + INTERVAL '1 day'
            AND f.point_id = ANY(s.point_ids)
      )
    ORDER BY f.window_start LIMIT %(at_most)s
))
RETURNING point_id, window_start
