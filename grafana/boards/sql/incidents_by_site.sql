-- Incidents opened in the range by site.
SELECT coalesce(i.town, '—') AS "乡镇", coalesce(i.site, '全县') AS "站点", count(*) AS "预警数", count(*) FILTER (WHERE <<lasting>>) AS "未结",
       max(i.severity) AS "最高级别", i.site_id
FROM screen.incident i WHERE $__timeFilter(i.opened_at) AND NOT i.withdrawn AND i.state NOT IN ('pending', 'lapsed')
GROUP BY i.site_id, 1, 2 ORDER BY 3 DESC LIMIT 100
