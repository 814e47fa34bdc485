-- Somebody stands in for a span.
INSERT INTO duty_swap (bureau, person, since, until, reason, made_by)
VALUES (%(bureau)s, %(person)s, %(since)s, %(until)s, %(reason)s, %(by)s)
RETURNING swap_id
