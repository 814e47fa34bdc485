-- Towns: standard coal of the newest judged month of their units against the sum of their budgets.
SELECT s.town AS "乡镇", sum(<<used>>) AS "本月已用", sum(v.limit_value) AS "本月预算"
FROM screen.subject j
JOIN screen.site s ON s.site_id = j.site_id
CROSS JOIN LATERAL (
    SELECT w.value, w.limit_value, w.body FROM screen.verdict w
    WHERE w.subject = j.subject AND w.rule = j.rule AND w.time = <<this_month>>
) v
WHERE j.rule = 'energy_budget'
GROUP BY s.town ORDER BY 2 DESC NULLS LAST
