-- How many facts wait to be judged, counted up to a bound: the judge is behind or it is not.
SELECT count(*) FROM (
    SELECT FROM fresh_fact
    WHERE window_start <= CASE basis
        WHEN 'hour' THEN %(now)s::timestamptz - INTERVAL '1 hour'
        WHEN 'day' THEN %(now)s::timestamptz - INTERVAL '1 day'
        ELSE %(now)s END
    LIMIT %(at_most)s
) AS waiting
