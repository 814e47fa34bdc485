-- What the newest verdict on the boiler says of now: 1 compliant, 2 exceeding, 3 suspected, 0 not judgeable, none, or too old.
SELECT CASE <<outcome_now>> WHEN 'compliant' THEN 1 WHEN 'exceeding' THEN 2 WHEN 'suspected' THEN 3 ELSE 0 END AS "判定"
FROM (
    SELECT w.rule, w.outcome, w.window_end, w.body FROM screen.verdict w
    WHERE w.rule = 'boiler_efficiency' AND w.subject = ${boiler:sqlstring}
    ORDER BY w.time DESC LIMIT 1
) v
