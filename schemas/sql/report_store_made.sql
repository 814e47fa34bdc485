-- Which reports of one kind of period there are since a day: when the newest version of the one made longest ago was made.
SELECT kind, period, min(made_at) AS made_at
FROM (
    SELECT kind, scope, period, max(made_at) AS made_at FROM report
    WHERE last_day >= %(since)s AND kind = ANY(%(kinds)s::text[])
    GROUP BY kind, scope, period
) newest
GROUP BY kind, period
