-- Each site as the desk's wall judges it: an incident that colours, else silent devices, else its newest current verdicts.
SELECT s.town AS "乡镇", s.site AS "站点", s.kind_zh AS "类别",
       CASE WHEN i.colouring > 0 THEN 'exceeding' WHEN f.silent THEN 'stale' WHEN v.exceeding > 0 THEN 'exceeding'
            WHEN i.suspected > 0 OR v.suspected > 0 THEN 'suspected' WHEN v.compliant > 0 THEN 'compliant' ELSE 'not_judgeable' END AS "状态",
       f.age_s AS "数据距今", i.lasting AS "未结预警", s.site_id
FROM screen.site s
LEFT JOIN LATERAL (
    SELECT min(l.age_s) AS age_s, bool_or(l.silent) AS silent FROM screen.latest l WHERE l.site_id = s.site_id
) f ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE n.outcome = 'exceeding') AS exceeding, count(*) FILTER (WHERE n.outcome = 'compliant') AS compliant,
           count(*) FILTER (WHERE n.outcome = 'suspected') AS suspected
    FROM screen.subject j
    CROSS JOIN LATERAL (
        SELECT <<outcome_now>> AS outcome FROM (
            SELECT w.rule, w.outcome, w.window_end, w.body FROM screen.verdict w
            WHERE w.subject = j.subject AND w.rule = j.rule ORDER BY w.time DESC LIMIT 1
        ) v
    ) n
    WHERE j.site_id = s.site_id AND j.factor <> 'w01001'
        AND j.rule IN ('sewage_day', 'air_hour', 'boiler_efficiency', 'energy_budget')
) v ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS lasting, count(*) FILTER (WHERE c.rule IN ('sewage_day', 'air_hour') OR c.rule = 'boiler_efficiency' AND c.level <> 'yellow'
        OR c.rule IN ('energy_budget', 'energy_year', 'load_permit') AND c.level = 'red') AS colouring,
           count(*) FILTER (WHERE c.rule IN ('sewage_instant', 'sewage_ph') OR c.rule = 'boiler_efficiency' AND c.level = 'yellow') AS suspected
    FROM screen.incident c WHERE c.site_id = s.site_id AND <<lasting>>
) i ON true
ORDER BY s.town, s.site
