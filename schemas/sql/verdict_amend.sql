-- A verdict that says otherwise now stays in the table, marked amended.
UPDATE verdict SET amended_at = now()
WHERE subject = %(subject)s AND rule = %(rule)s AND window_start = %(window_start)s AND amended_at IS NULL
  AND (outcome, value, limit_value, limit_id, body)
      IS DISTINCT FROM (%(outcome)s::text, %(value)s::float8, %(limit_value)s::float8, %(limit_id)s::text, %(body)s::jsonb)
