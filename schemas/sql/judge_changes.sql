-- What this transaction changed of the verdicts: before and after of each window.
SELECT rule, subject, window_start, o.outcome, o.value, o.limit_id, n.outcome, n.value, n.limit_id
FROM (SELECT * FROM verdict WHERE amended_at = now() AND judged_at < now()) AS o
FULL JOIN (SELECT * FROM verdict WHERE judged_at = now() AND amended_at IS NULL) AS n USING (rule, subject, window_start)
ORDER BY rule, subject, window_start
