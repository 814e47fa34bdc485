-- Incidents that last, with their deadlines.
SELECT i.level AS "级别", i.state AS "状态", i.title AS "对象", i.rule_zh AS "事项", i.value AS "数值", i.limit_value AS "限值", i.unit AS "单位",
       i.began_at AS "起始", extract(epoch FROM now() - i.began_at)::float8 AS "已持续", i.bureau AS "牵头单位",
       i.acked_at AS "签收时间", i.ack_due AS "签收期限", i.feedback_due AS "反馈期限", i.close_due AS "销号期限",
       i.standard AS "标准", i.clause AS "条款", i.incident_id
FROM screen.incident i
WHERE <<lasting>>
ORDER BY i.severity DESC, i.began_at LIMIT 200
