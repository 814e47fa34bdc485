-- The next later day on which a register was read.
SELECT day FROM daily WHERE point_id = %(point)s AND day > %(day)s AND n_valid > 0 ORDER BY day LIMIT 1
