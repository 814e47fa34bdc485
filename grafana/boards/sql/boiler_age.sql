-- Seconds since the newest reading of the boiler's site.
SELECT min(l.age_s) AS "数据距今" FROM screen.latest l WHERE l.site_id = split_part(${boiler:sqlstring}, '/', 1)
