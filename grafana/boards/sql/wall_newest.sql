-- Seconds since the newest reading of the county.
SELECT min(age_s) AS "最新数据" FROM screen.latest
