-- A subject that is no more: its verdicts are amended away.
UPDATE verdict SET amended_at = now()
WHERE subject = %(subject)s AND rule = %(rule)s AND amended_at IS NULL
