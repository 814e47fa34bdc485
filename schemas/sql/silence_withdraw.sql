-- Take a silence back; it stays in the table.
UPDATE silence SET withdrawn_by = %(by)s, withdrawn_at = %(at)s
WHERE silence_id = %(silence_id)s AND withdrawn_at IS NULL
RETURNING site_id, device_id, rule, since, until
