-- The month in which the range ends: the unit's days added up, the month's budget, and its even course.
SELECT <<day_start>> AS "time", CASE WHEN d.value IS NOT NULL THEN sum(d.value) OVER (ORDER BY g.day) END AS "累计用能",
       v.limit_value AS "本月预算", v.limit_value * row_number() OVER (ORDER BY g.day) / count(*) OVER () AS "均摊进度"
FROM generate_series(<<range_month>>, <<range_month>> + interval '1 month' - interval '1 day', interval '1 day') AS g(day)
LEFT JOIN screen.day d ON d.day = g.day::date AND d.point_id = (<<tce_point>>)
LEFT JOIN screen.verdict v ON v.rule = 'energy_budget' AND v.subject = ${unit:sqlstring} || '/budget'
    AND v.time = <<range_month>> AT TIME ZONE 'Asia/Shanghai'
ORDER BY 1
