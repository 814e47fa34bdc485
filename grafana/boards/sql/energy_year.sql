-- Units of the town: newest judged year, used, allowed, planned to date, share, projected, day it passes its budget.
SELECT s.town AS "乡镇", j.site AS "用能单位", <<used>> AS "本年已用", v.limit_value AS "年度预算",
       (v.body ->> 'plan_to_date')::float8 AS "进度计划", 100.0 * <<used>> / nullif(v.limit_value, 0) AS "执行率",
       (v.body ->> 'projected')::float8 AS "预计全年", v.body ->> 'passes_on' AS "预计超支日", <<outcome_now>> AS "判定",
       v.body ->> 'why' AS "说明", v.body ->> 'through' AS "数据截至", j.site_id
FROM screen.subject j
JOIN screen.site s ON s.site_id = j.site_id
LEFT JOIN LATERAL (
    SELECT w.rule, w.value, w.limit_value, w.outcome, w.window_end, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v ON true
WHERE j.rule = 'energy_year' AND (${town:sqlstring} = '全县' OR s.town = ${town:sqlstring})
ORDER BY v.value / nullif(v.limit_value, 0) DESC NULLS LAST
