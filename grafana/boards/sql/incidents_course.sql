-- The twenty gravest incidents of the range by the hour: severity 1 to 4 while each lasted, else nothing; at most 14 days.
WITH c AS (
    SELECT i.title || ' ' || i.rule_zh AS name, i.severity, i.began_at, coalesce(i.ended_at, i.settled_at, now()) AS until
    FROM screen.incident i
    WHERE i.state NOT IN ('pending', 'lapsed') AND NOT i.withdrawn AND i.began_at <= $__timeTo()::timestamptz
        AND coalesce(i.ended_at, i.settled_at, now()) >= $__timeFrom()::timestamptz
    ORDER BY i.severity DESC, i.began_at DESC LIMIT 20
)
SELECT g.hour AS "time", n.name AS metric,
       (SELECT max(c.severity) FROM c WHERE c.name = n.name AND c.began_at < g.hour + interval '1 hour' AND c.until >= g.hour) AS value
FROM <<hours14>> AS g(hour)
CROSS JOIN (SELECT DISTINCT name FROM c) n
ORDER BY 1, 2
