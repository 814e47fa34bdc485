-- Swaps of the rota that hold, will hold or held not long ago, newest first.
SELECT swap_id, bureau, person, since, until, reason, made_by, made_at, withdrawn_by, withdrawn_at
FROM duty_swap WHERE until > %(since)s ORDER BY since DESC, swap_id DESC LIMIT %(at_most)s
