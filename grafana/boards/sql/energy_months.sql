-- Months of the unit: used, allowed, projected when last judged.
SELECT g.month AT TIME ZONE 'Asia/Shanghai' AS "time", <<used>> AS "已用", v.limit_value AS "预算", (v.body ->> 'projected')::float8 AS "预计"
FROM generate_series(
    date_trunc('month', greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '6 years') AT TIME ZONE 'Asia/Shanghai'),
    $__timeTo()::timestamptz AT TIME ZONE 'Asia/Shanghai', interval '1 month') AS g(month)
LEFT JOIN screen.verdict v ON v.rule = 'energy_budget' AND v.subject = ${unit:sqlstring} || '/budget'
    AND v.time = g.month AT TIME ZONE 'Asia/Shanghai'
ORDER BY 1
