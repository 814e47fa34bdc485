-- Why hours of the boiler in the range could not be computed.
SELECT h.note AS "原因", count(*) AS "小时数", max(h.time) AS "最近一次"
FROM screen.hour h
WHERE h.point_id IN (
        SELECT p.point_id FROM screen.point p
        WHERE p.site_id = split_part(${boiler:sqlstring}, '/', 1) AND p.place = split_part(${boiler:sqlstring}, '/', 2)
            AND p.factor IN ('yx_b_efficiency', 'yx_b_efficiency_indirect'))
    AND h.time >= <<since>> AND h.time <= $__timeTo()::timestamptz AND NOT h.valid AND h.note <> ''
GROUP BY h.note ORDER BY 2 DESC LIMIT 50
