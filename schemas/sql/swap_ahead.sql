-- Swaps that hold now or later, the latest made last: it goes before the others.
SELECT bureau, person, since, until FROM duty_swap
WHERE withdrawn_at IS NULL AND until > %(now)s ORDER BY swap_id
