-- Incidents that another one muted look again at once whether they are to be told.
UPDATE incident SET next_step_at = %(now)s, ladder_at = %(now)s
WHERE muted = %(muted)s AND state = ANY('{open,unknown,recovering}')
