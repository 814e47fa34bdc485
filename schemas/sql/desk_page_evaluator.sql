-- Until when the evaluator's lease holds; no row: none has run.
SELECT until FROM lease WHERE name = 'alerts'
