-- How far devices' clocks are off, as of their newest message: negative is ahead.
SELECT d.site AS "站点", d.device AS "设备", d.lag_s AS "时差", d.interval_s AS "上报间隔", d.site_id
FROM screen.device d WHERE d.lag_s IS NOT NULL ORDER BY abs(d.lag_s) DESC LIMIT 200
