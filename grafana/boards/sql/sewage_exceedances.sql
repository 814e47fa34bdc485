-- All windows of the outlet in the range that exceed a limit, newest first, with clause; being near one is no excess.
SELECT v.time AS "窗口开始", j.rule_zh AS "判据", p.name AS "因子", v.value AS "数值", v.limit_value AS "限值", p.unit AS "单位",
       CASE WHEN p.factor <> 'w01001' THEN 100.0 * (v.value / nullif(v.limit_value, 0) - 1) END AS "超标幅度", v.body ->> 'standard' AS "标准", v.body ->> 'clause' AS "条款", j.site_id
FROM screen.subject j
JOIN screen.point p ON p.point_id = j.point_id
CROSS JOIN LATERAL (
    SELECT w.time, w.value, w.limit_value, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule AND w.outcome = 'exceeding' AND $__timeFilter(w.time)
    ORDER BY w.time DESC LIMIT 100
) v
WHERE j.rule IN ('sewage_day', 'sewage_instant', 'sewage_ph')
    AND j.subject LIKE replace(${outlet:sqlstring}, '_', '\_') || '/%'
ORDER BY v.time DESC LIMIT 200
