-- Boilers older than the rule: percentage points gained on the 2015 baseline, against what the plan asks.
SELECT j.title AS "在用燃煤锅炉", v.value AS "较基准提高", v.limit_value AS "应提高", (v.body ->> 'baseline')::float8 AS "2015年基准",
       (v.body ->> 'efficiency')::float8 AS "本月效率", v.outcome AS "判定",
       to_char(v.time AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS "月份", j.site_id
FROM screen.subject j
LEFT JOIN LATERAL (
    SELECT w.value, w.limit_value, w.outcome, w.time, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v ON true
WHERE j.rule = 'boiler_progress'
ORDER BY j.title
