-- Outlets and stacks: 传输率, 有效率, 传输有效率 of the month up to yesterday (not judged yet), from the day after their first data and after watching began,
-- a day without a row counting 24 hours due; beside it the newest month judged, its target and verdict.
WITH counted AS (
    SELECT c.point_id, c.site_id, c.site, c.outlet
    FROM screen.point c
    WHERE c.interval_s IS NOT NULL AND c.outlet <> '' AND c.factor IN (<<rated>>)
), begun AS (
    SELECT c.site_id, c.outlet, greatest(<<month_first>>, min(f.day) + 1, (SELECT w.day + 1 FROM screen.watch w)) AS day
    FROM counted c
    CROSS JOIN LATERAL (
        SELECT d.day FROM screen.day d WHERE d.point_id = c.point_id AND d.n_received > 0 ORDER BY d.day LIMIT 1
    ) f
    GROUP BY c.site_id, c.outlet
), summed AS (
    SELECT c.site_id, c.site, c.outlet, sum(r.sent) AS sent, sum(r.valid) AS valid,
           sum(r.due + 24 * greatest(0, <<yesterday>> - b.day + 1 - r.days)) AS due
    FROM counted c
    LEFT JOIN begun b ON b.site_id = c.site_id AND b.outlet = c.outlet
    CROSS JOIN LATERAL (
        SELECT count(*) AS days, coalesce(sum(<<due_hours>>), 0) AS due, coalesce(sum(<<sent_hours>>), 0) AS sent,
               coalesce(sum(<<valid_hours>>), 0) AS valid
        FROM screen.day d WHERE d.point_id = c.point_id AND d.day >= b.day AND d.day <= <<yesterday>>
    ) r
    GROUP BY c.site_id, c.site, c.outlet
)
SELECT s.site AS "站点", s.outlet AS "排放口", 100.0 * s.sent / nullif(s.due, 0) AS "传输率", 100.0 * s.valid / nullif(s.sent, 0) AS "有效率",
       100.0 * s.valid / nullif(s.due, 0) AS "传输有效率", v.value AS "上次判定", v.limit_value AS "目标", v.outcome AS "判定", s.site_id
FROM summed s
LEFT JOIN LATERAL (
    SELECT w.value, w.limit_value, w.outcome FROM screen.verdict w
    WHERE w.rule = 'data_rate' AND w.subject = s.site_id || '/' || s.outlet ORDER BY w.time DESC LIMIT 1
) v ON true
ORDER BY 5 NULLS FIRST
