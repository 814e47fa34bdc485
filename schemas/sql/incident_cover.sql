-- While which incidents of graver rules last, for one subject.
SELECT began_at, ended_at FROM incident
WHERE rule = ANY(%(rules)s::text[]) AND subject = %(subject)s AND last_window >= %(since)s
  AND state NOT IN ('pending', 'lapsed') AND NOT coalesce(body ? 'withdrawn', false)
ORDER BY began_at
