-- The newest judged hour of each boiler: direct and indirect efficiency against the limit in force; a verdict that is old is stale.
SELECT j.title AS "锅炉", v.value AS "正平衡效率", (v.body ->> 'indirect')::float8 AS "反平衡效率", v.limit_value AS "限值",
       <<outcome_now>> AS "判定", extract(epoch FROM now() - v.window_end)::float8 AS "数据距今", j.site_id
FROM screen.subject j
LEFT JOIN LATERAL (
    SELECT w.rule, w.value, w.limit_value, w.outcome, w.window_end, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v ON true
WHERE j.rule = 'boiler_efficiency'
ORDER BY v.outcome = 'exceeding' DESC NULLS LAST, j.title
