-- Hours due and valid over whole days of the points whose transmission counts, by place; one counts from the day after its first data.
WITH counted AS (
    SELECT point_id, place FROM unnest(%(points)s::int[], %(places)s::text[]) AS p (point_id, place)
), begun AS (
    SELECT c.place, greatest(%(since)s::date, min(f.day) + 1) AS day
    FROM counted c
    CROSS JOIN LATERAL (
        SELECT day FROM daily WHERE point_id = c.point_id AND n_received > 0 ORDER BY day LIMIT 1
    ) f
    GROUP BY c.place
)
SELECT c.place, b.day AS since, count(*)::int AS points, sum(r.n_days)::int AS n_days, sum(r.due)::int AS due, sum(r.valid)::int AS valid
FROM counted c
JOIN begun b USING (place)
CROSS JOIN LATERAL (
    SELECT count(*) AS n_days, coalesce(sum(greatest(0, 24 - n_stopped - n_checked)), 0) AS due,
           coalesce(sum(least(n_valid, greatest(0, least(n_received, 24 - n_stopped - n_checked)))), 0) AS valid
    FROM daily WHERE point_id = c.point_id AND day >= b.day AND day <= %(through)s
) r
GROUP BY c.place, b.day
