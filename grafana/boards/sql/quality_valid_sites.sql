-- Sites: share of the hours of the range's last days that are valid and received, of the points devices send; at most 7 days, up to yesterday.
SELECT p.site AS "站点", 100.0 * sum(r.valid) / nullif(24.0 * count(*) * max(n.days), 0) AS "有效小时占比",
       100.0 * sum(r.received) / nullif(24.0 * count(*) * max(n.days), 0) AS "收到小时占比", sum(r.late) AS "迟到小时", p.site_id
FROM screen.point p
CROSS JOIN (SELECT count(*) AS days FROM <<days7>> AS g(day)) n
LEFT JOIN (
    SELECT d.point_id, sum(d.n_valid) AS valid, sum(d.n_received) AS received, sum(d.n_late) AS late
    FROM screen.day d
    WHERE d.day >= (<<since7>> AT TIME ZONE 'Asia/Shanghai')::date
        AND d.day <= least(($__timeTo()::timestamptz AT TIME ZONE 'Asia/Shanghai')::date, <<yesterday>>)
    GROUP BY d.point_id
) r ON r.point_id = p.point_id
WHERE p.interval_s IS NOT NULL AND NOT p.counter
GROUP BY p.site_id, p.site ORDER BY 2 NULLS FIRST
