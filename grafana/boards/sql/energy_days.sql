-- Standard coal of the unit by the day; days not valid apart.
SELECT <<day_start>> AS "time", CASE WHEN d.valid THEN d.value END AS "日用能", CASE WHEN NOT d.valid THEN d.value END AS "无效或估算"
FROM <<days>> AS g(day)
LEFT JOIN screen.day d ON d.day = g.day::date AND d.point_id = (<<tce_point>>)
ORDER BY 1
