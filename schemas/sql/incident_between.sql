-- Incidents that lasted at some time of a span, as they stand: what a backtest compares.
SELECT rule, subject, began_at, ended_at, state, level, body ->> 'title' AS title FROM incident
WHERE began_at < %(until)s AND (ended_at IS NULL OR ended_at >= %(since)s)
  AND state NOT IN ('pending', 'lapsed') AND NOT body ? 'withdrawn'
ORDER BY rule, subject, began_at
