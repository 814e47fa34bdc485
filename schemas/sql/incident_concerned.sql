-- Of some subjects those that have an incident or an exceeding verdict in force since their time, or an incident that is still
-- open, however long it has been silent: the others need no walk.
SELECT rule, subject
FROM unnest(%(rules)b::text[], %(subjects)b::text[], %(since)s::timestamptz[]) AS asked (rule, subject, since)
WHERE EXISTS (
        SELECT FROM verdict v
        WHERE v.subject = asked.subject AND v.rule = asked.rule AND v.window_start >= asked.since AND v.amended_at IS NULL
          AND v.outcome = 'exceeding'
    )
    OR EXISTS (
        SELECT FROM incident i
        WHERE i.rule = asked.rule AND i.subject = asked.subject AND (i.last_window >= asked.since OR i.state = ANY('{pending,open,unknown,recovering}'))
    )
