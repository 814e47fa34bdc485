-- By which version of the rules the hours and days of some points were derived, and when last.
SELECT 'hour' AS basis, rule_version, max(derived_at) FROM hourly
WHERE point_id = ANY(%(points)s::int[]) AND hour >= %(since)s::timestamptz AND hour < %(until)s::timestamptz
GROUP BY rule_version
UNION ALL
SELECT 'day', rule_version, max(derived_at) FROM daily
WHERE point_id = ANY(%(points)s::int[]) AND day = %(day)s::date
GROUP BY rule_version
ORDER BY 1 DESC, 2
