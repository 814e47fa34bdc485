-- The verdicts in force of one subject that an incident can be made of, oldest first: from the first that exceeds or from the
-- first incident on file, whichever is earlier. What is in order before both changes nothing, and would be most of a month.
SELECT rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body
FROM verdict
WHERE subject = %(subject)s AND rule = %(rule)s AND amended_at IS NULL
  AND window_start >= least(
    (SELECT min(window_start) FROM verdict
     WHERE subject = %(subject)s AND rule = %(rule)s AND window_start >= %(since)s AND amended_at IS NULL
       AND outcome = 'exceeding'),
    (SELECT min(began_at) FROM incident
     WHERE rule = %(rule)s AND subject = %(subject)s AND began_at >= %(since)s)
  )
ORDER BY window_start
