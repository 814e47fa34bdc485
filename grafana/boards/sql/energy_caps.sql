-- The county's caps of this year: used, planned to date, projected or why not, day it is passed, allowed, share.
SELECT j.title AS "总量指标", <<used>> AS "本年累计", (v.body ->> 'plan_to_date')::float8 AS "进度计划",
       (v.body ->> 'projected')::float8 AS "预计全年", v.body ->> 'passes_on' AS "预计超支日", v.limit_value AS "控制总量",
       v.body ->> 'unit' AS "单位", 100.0 * <<used>> / nullif(v.limit_value, 0) AS "占比", <<outcome_now>> AS "判定",
       v.body ->> 'why' AS "说明", v.body ->> 'part' AS "口径"
FROM screen.subject j
LEFT JOIN LATERAL (
    SELECT w.rule, w.value, w.limit_value, w.outcome, w.window_end, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v ON true
WHERE j.rule IN ('energy_cap', 'load_cap')
ORDER BY j.rule, j.subject
