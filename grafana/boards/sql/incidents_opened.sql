-- Incidents opened by the day and level; at most 92 days.
SELECT <<day_start>> AS "time", count(*) FILTER (WHERE i.severity = 4) AS "红色", count(*) FILTER (WHERE i.severity = 3) AS "橙色",
       count(*) FILTER (WHERE i.severity = 2) AS "黄色", count(*) FILTER (WHERE i.severity = 1) AS "蓝色"
FROM <<days92>> AS g(day)
LEFT JOIN screen.incident i ON i.opened_at >= <<day_start>> AND i.opened_at < (g.day::timestamp + interval '1 day') AT TIME ZONE 'Asia/Shanghai'
    AND i.state NOT IN ('pending', 'lapsed') AND NOT i.withdrawn AND i.opened_at >= <<first_day92>>
GROUP BY g.day ORDER BY 1
