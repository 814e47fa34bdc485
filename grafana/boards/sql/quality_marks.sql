-- Points and days of the range whose values carried each mark, without N (normal); at most 31 days.
SELECT m.mark AS "标记", <<mark_words>> AS "含义", count(DISTINCT d.point_id) AS "点位数", count(*) AS "点位日数", max(d.day)::text AS "最近一天"
FROM screen.day d
CROSS JOIN LATERAL unnest(string_to_array(d.marks, NULL)) AS m(mark)
WHERE d.day >= (greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '31 days') AT TIME ZONE 'Asia/Shanghai')::date
    AND d.day <= ($__timeTo()::timestamptz AT TIME ZONE 'Asia/Shanghai')::date AND m.mark <> 'N'
GROUP BY m.mark ORDER BY 4 DESC
