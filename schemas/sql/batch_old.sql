-- How many are older than they are kept.
SELECT count(*) FROM batch WHERE received_to < %(before)s
