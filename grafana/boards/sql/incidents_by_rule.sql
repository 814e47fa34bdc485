-- Incidents opened in the range by rule: how many, how many still last, longest.
SELECT i.rule_zh AS "事项", i.task AS "任务", count(*) AS "预警数", count(*) FILTER (WHERE <<lasting>>) AS "未结",
       count(*) FILTER (WHERE i.overdue <> '') AS "逾期", max(extract(epoch FROM coalesce(i.ended_at, now()) - i.began_at))::float8 AS "最长持续"
FROM screen.incident i WHERE $__timeFilter(i.opened_at) AND NOT i.withdrawn AND i.state NOT IN ('pending', 'lapsed')
GROUP BY 1, 2 ORDER BY 3 DESC
