-- How many are older than they are kept.
SELECT count(*) FROM hourly WHERE hour < %(before)s
