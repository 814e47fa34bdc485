-- How often one thing opened since a time.
SELECT count(*) FROM incident
WHERE rule = %(rule)s AND subject = %(subject)s AND opened_at >= %(since)s AND state NOT IN ('pending', 'lapsed')
