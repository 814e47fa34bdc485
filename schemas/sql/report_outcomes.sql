-- How many windows of some subjects in a span came out how, by the limit that bound them, and by which rules last.
SELECT v.rule, v.subject, v.outcome, v.limit_id, count(*), max(v.body ->> 'rule_version')
FROM unnest(%(rules)b::text[], %(subjects)b::text[]) AS asked (rule, subject)
JOIN verdict v USING (rule, subject)
WHERE v.amended_at IS NULL AND v.window_start >= %(since)s::timestamptz AND v.window_start < %(until)s::timestamptz
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
