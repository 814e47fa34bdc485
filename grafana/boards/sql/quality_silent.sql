-- Silent devices: since when nothing came.
SELECT d.site AS "站点", d.device AS "设备", extract(epoch FROM now() - d.time)::float8 AS "无数据", d.interval_s AS "上报间隔",
       CASE WHEN d.online THEN '在线' ELSE '断线' END AS "连接", d.time AS "最近数据", d.site_id
FROM screen.device d WHERE d.silent ORDER BY d.time NULLS FIRST LIMIT 200
