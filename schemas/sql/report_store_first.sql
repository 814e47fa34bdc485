-- The first day there are day values of, and the last day of the first report of some kinds that somebody made.
SELECT (SELECT min(day) FROM daily),
       (SELECT last_day FROM report WHERE kind = ANY(%(kinds)s::text[]) AND made_by = %(by)s ORDER BY last_day LIMIT 1)
