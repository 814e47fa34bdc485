-- Where to begin the walk: at the start of an incident that reaches into the span or still lasts, else of the span.
SELECT least(%(since)s::timestamptz, min(began_at)) FROM incident
WHERE rule = %(rule)s AND subject = %(subject)s
  AND (last_window >= %(since)s OR state = ANY('{pending,open,unknown,recovering}'))
