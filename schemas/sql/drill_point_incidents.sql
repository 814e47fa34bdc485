-- Incidents of some rules and subjects that lasted at some time of a span, the newest first.
SELECT i.incident_id, i.rule, i.state, i.level, i.began_at, i.ended_at, i.settled_at, i.withdrawn, i.title, i.rule_zh
FROM unnest(%(rules)s::text[], %(subjects)s::text[]) AS w (rule, subject),
     LATERAL (
         SELECT incident_id, rule, state, level, began_at, ended_at, settled_at, body ? 'withdrawn' AS withdrawn,
                body ->> 'title' AS title, body ->> 'rule' AS rule_zh
         FROM incident
         WHERE rule = w.rule AND subject = w.subject AND began_at < %(until)s::timestamptz
               AND (ended_at IS NULL OR ended_at > %(since)s::timestamptz) AND state NOT IN ('pending', 'lapsed')
         ORDER BY began_at DESC LIMIT %(at_most)s
     ) AS i
ORDER BY i.began_at DESC, i.incident_id DESC LIMIT %(at_most)s
