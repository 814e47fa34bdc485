-- How many are older than they are kept.
SELECT count(*) FROM daily WHERE day < %(before)s
