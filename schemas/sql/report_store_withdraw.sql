-- Take a report back from the public; that it was there stays in the table.
UPDATE publication SET withdrawn_by = %(by)s, withdrawn_at = now(), reason = %(reason)s
WHERE publication_id = %(publication_id)s AND withdrawn_at IS NULL
RETURNING report_id
