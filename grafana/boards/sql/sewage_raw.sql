-- Raw readings of one factor of the outlet, of the last 24 hours of the range and no more.
SELECT r.time AS "time", r.value AS "<<name>>"
FROM screen.reading r
WHERE r.point_id = (SELECT j.point_id FROM screen.point j
                    WHERE j.site_id = split_part(${outlet:sqlstring}, '/', 1)
                        AND j.outlet = split_part(${outlet:sqlstring}, '/', 2) AND j.factor = '<<factor>>' ORDER BY 1 LIMIT 1)
    AND r.time >= greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '1 day') AND r.time <= $__timeTo()::timestamptz
ORDER BY r.time
