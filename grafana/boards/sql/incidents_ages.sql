-- Incidents that last by age.
SELECT a.words AS "持续时间", count(*) FILTER (WHERE i.severity = 4) AS "红色", count(*) FILTER (WHERE i.severity = 3) AS "橙色",
       count(*) FILTER (WHERE i.severity = 2) AS "黄色", count(*) FILTER (WHERE i.severity = 1) AS "蓝色"
FROM (VALUES (1, '2 小时内', interval '0', interval '2 hours'), (2, '24 小时内', interval '2 hours', interval '24 hours'),
             (3, '3 天内', interval '24 hours', interval '3 days'), (4, '7 天内', interval '3 days', interval '7 days'),
             (5, '7 天以上', interval '7 days', interval '100 years')) AS a(place, words, least, most)
LEFT JOIN (SELECT severity, now() - opened_at AS age FROM screen.incident WHERE <<lasting>>) i ON i.age >= a.least AND i.age < a.most
GROUP BY a.place, a.words ORDER BY a.place
