-- How many notices of some incidents were made before an instant, how many were sent by then, and when the first.
SELECT incident_id, count(*), count(*) FILTER (WHERE sent_at < %(until)s::timestamptz),
       min(sent_at) FILTER (WHERE sent_at < %(until)s::timestamptz)
FROM notice
WHERE incident_id = ANY(%(incidents)s::bigint[]) AND made_at < %(until)s::timestamptz
GROUP BY incident_id
