-- When facts of each day since one last changed: its day values, or verdicts on it that came after the last one known.
SELECT day, max(changed) FROM (
    SELECT day, max(derived_at) AS changed FROM daily WHERE day >= %(since)s GROUP BY day
    UNION ALL
    SELECT (window_start AT TIME ZONE 'Asia/Shanghai')::date, max(judged_at) FROM verdict
    WHERE verdict_id > %(after)s AND window_start >= %(since)s::timestamp AT TIME ZONE 'Asia/Shanghai'
    GROUP BY 1
) facts
GROUP BY day
