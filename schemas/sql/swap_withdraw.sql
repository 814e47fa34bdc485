-- Take a swap back; it stays in the table.
UPDATE duty_swap SET withdrawn_by = %(by)s, withdrawn_at = %(at)s
WHERE swap_id = %(swap_id)s AND withdrawn_at IS NULL
RETURNING bureau, person, since, until
