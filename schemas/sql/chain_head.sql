-- How many lines the history has, and the digest of the last.
SELECT seq, digest FROM chain_head WHERE name = 'incident_event'
