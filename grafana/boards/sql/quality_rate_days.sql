-- 传输有效率 of the county by the day, of outlets from the day after their first data, a day without a row counting 24 hours due;
-- hours that came late by those received; at most 31 days.
WITH counted AS (
    SELECT c.point_id, c.site_id, c.outlet
    FROM screen.point c
    WHERE c.interval_s IS NOT NULL AND c.outlet <> '' AND c.factor IN (<<rated>>)
), begun AS (
    SELECT c.site_id, c.outlet, greatest(min(f.day) + 1, (SELECT w.day + 1 FROM screen.watch w)) AS day
    FROM counted c
    CROSS JOIN LATERAL (
        SELECT d.day FROM screen.day d WHERE d.point_id = c.point_id AND d.n_received > 0 ORDER BY d.day LIMIT 1
    ) f
    GROUP BY c.site_id, c.outlet
), points AS (
    SELECT c.point_id, b.day FROM counted c JOIN begun b ON b.site_id = c.site_id AND b.outlet = c.outlet
), summed AS (
    SELECT d.day, count(*) AS n, sum(<<due_hours>>) AS due, sum(<<valid_hours>>) AS valid, sum(d.n_late) AS late, sum(d.n_received) AS received
    FROM screen.day d
    JOIN points p ON p.point_id = d.point_id AND p.day <= d.day
    WHERE d.day >= (<<since31>> AT TIME ZONE 'Asia/Shanghai')::date AND d.day <= <<yesterday>>
    GROUP BY d.day
), due AS (
    SELECT g.day, (SELECT count(*) FROM points p WHERE p.day <= g.day::date) AS n FROM <<days31>> AS g(day)
)
SELECT <<day_start>> AS "time", 100.0 * coalesce(s.valid, 0) / nullif(coalesce(s.due, 0) + 24 * (g.n - coalesce(s.n, 0)), 0) AS "传输有效率",
       100.0 * s.late / nullif(s.received, 0) AS "迟到占比"
FROM due g
LEFT JOIN summed s ON s.day = g.day::date
ORDER BY 1
