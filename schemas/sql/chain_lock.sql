-- Who writes history locks its head first and incidents after it: two that hold each other's would wait for ever.
SELECT seq FROM chain_head WHERE name = 'incident_event' FOR UPDATE
