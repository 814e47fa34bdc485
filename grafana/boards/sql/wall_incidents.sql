-- Incidents that last, gravest and oldest first, with the bureau that leads.
SELECT i.level AS "级别", i.title AS "对象", i.rule_zh AS "事项", i.value AS "数值", i.limit_value AS "限值", i.unit AS "单位",
       extract(epoch FROM now() - i.began_at)::float8 AS "已持续", i.bureau AS "牵头单位",
       CASE WHEN i.acked_at IS NULL THEN 'waiting' ELSE 'acked' END AS "签收", i.incident_id
FROM screen.incident i
WHERE <<lasting>>
ORDER BY i.severity DESC, i.began_at LIMIT 30
