-- Incidents of one outlet, boiler or stack by the hour and rule: severity 1 to 4 where one lasted, else nothing.
WITH c AS (
    SELECT i.rule_zh, i.severity, i.began_at, coalesce(i.ended_at, i.settled_at, now()) AS until
    FROM screen.incident i
    WHERE i.site_id = split_part(${<<variable>>:sqlstring}, '/', 1) AND i.state NOT IN ('pending', 'lapsed') AND NOT i.withdrawn
        AND (i.subject = ${<<variable>>:sqlstring} OR i.subject LIKE replace(${<<variable>>:sqlstring}, '_', '\_') || '/%')
        AND i.began_at <= $__timeTo()::timestamptz AND coalesce(i.ended_at, i.settled_at, now()) >= <<since>>
)
SELECT g.hour AS "time", r.rule_zh AS metric,
       (SELECT max(c.severity) FROM c WHERE c.rule_zh = r.rule_zh AND c.began_at < g.hour + interval '1 hour' AND c.until >= g.hour) AS value
FROM <<hours>> AS g(hour)
CROSS JOIN (SELECT DISTINCT rule_zh FROM c) r
ORDER BY 1, 2
