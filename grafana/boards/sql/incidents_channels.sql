-- Channels in the range: made, taken, waiting, given up, mean seconds until taken.
SELECT n.channel AS "渠道", count(*) AS "通知数", count(*) FILTER (WHERE n.sent_at IS NOT NULL) AS "已送达",
       count(*) FILTER (WHERE n.sent_at IS NULL AND n.given_up_at IS NULL AND n.digest_id IS NULL) AS "待发",
       count(*) FILTER (WHERE n.given_up_at IS NOT NULL) AS "放弃", avg(extract(epoch FROM n.sent_at - n.time))::float8 AS "平均用时"
FROM screen.notice n WHERE $__timeFilter(n.time) AND n.time >= $__timeTo()::timestamptz - interval '31 days'
GROUP BY 1 ORDER BY 2 DESC
