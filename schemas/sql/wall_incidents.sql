-- How many incidents last and are not settled, by site, rule and level.
SELECT site_id, rule, level, count(*) AS n FROM incident
WHERE state IN ('open', 'unknown', 'recovering') AND settled_at IS NULL
GROUP BY site_id, rule, level
