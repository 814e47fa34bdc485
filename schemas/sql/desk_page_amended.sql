-- Verdicts of one subject in a span that were amended: what was said before, when that changed, what is said now.
SELECT a.window_start, a.window_end, a.value AS before_value, a.outcome AS before_outcome, a.amended_at,
       n.value AS after_value, n.outcome AS after_outcome
FROM verdict a
LEFT JOIN verdict n ON n.subject = a.subject AND n.rule = a.rule AND n.window_start = a.window_start
     AND n.amended_at IS NULL
WHERE a.subject = %(subject)s AND a.rule = %(rule)s AND a.amended_at IS NOT NULL
      AND a.window_start >= %(since)s AND a.window_start < %(until)s
ORDER BY a.amended_at DESC, a.window_start DESC LIMIT %(at_most)s
