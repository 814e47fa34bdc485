-- A mark is taken back; it stays in the table.
UPDATE mark SET withdrawn_by = %(withdrawn_by)s, withdrawn_at = now()
WHERE mark_id = %(mark_id)s AND withdrawn_at IS NULL
RETURNING point_ids, since, until
