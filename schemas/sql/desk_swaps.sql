-- Swaps that hold or will, in the order in which they were planned.
SELECT swap_id, bureau, person, since, until, reason, made_by, made_at FROM duty_swap
WHERE withdrawn_at IS NULL AND until > %(now)s ORDER BY swap_id
