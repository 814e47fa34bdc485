-- Workers whose stored sums do not agree: must be none.
SELECT worker FROM tally WHERE received <> stored + duplicate + rejected ORDER BY worker
