-- The county's caps of this year: used by the monitored sources, allowed, share, projected, day it is passed.
SELECT j.title AS "总量指标", <<used>> AS "本年累计", v.limit_value AS "控制总量", v.body ->> 'unit' AS "单位",
       100.0 * <<used>> / nullif(v.limit_value, 0) AS "占比", <<outcome_now>> AS "判定"
FROM screen.subject j
LEFT JOIN LATERAL (
    SELECT w.rule, w.value, w.limit_value, w.outcome, w.window_end, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
) v ON true
WHERE j.rule IN ('energy_cap', 'load_cap')
ORDER BY j.rule, j.subject
