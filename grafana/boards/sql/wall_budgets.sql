-- The newest judged month of each unit's energy budget: used, allowed, projected to the month's end; a verdict that is old is stale.
SELECT j.site AS "用能单位", <<used>> AS "本月已用", v.limit_value AS "本月预算", <<projected>> AS "预计全月",
       <<crosses_on>> AS "预计超支日", <<outcome_now>> AS "判定", v.body ->> 'through' AS "数据截至", j.site_id
FROM screen.subject j
LEFT JOIN LATERAL (
    SELECT w.rule, w.value, w.limit_value, w.outcome, w.time, w.window_end, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v ON true
WHERE j.rule = 'energy_budget'
ORDER BY v.value / nullif(v.limit_value, 0) DESC NULLS LAST
