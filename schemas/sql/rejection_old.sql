-- How many are older than they are kept.
SELECT count(*) FROM rejection WHERE received_at < %(before)s
