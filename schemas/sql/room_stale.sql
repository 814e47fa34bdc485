-- How many marks wait in a room's hours: what is marked is about to be derived again.
SELECT count(*) FROM stale_window WHERE hour >= %(since)s::timestamptz - INTERVAL '1 hour' AND hour < %(until)s
