-- How the notices of some incidents stand.
SELECT incident_id, step, channel, made_at, attempts, next_attempt_at, sent_at, receipt, given_up_at, digest_id
FROM notice WHERE incident_id = ANY(%(incidents)s::bigint[]) ORDER BY notice_id
