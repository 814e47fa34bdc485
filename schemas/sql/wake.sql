-- Tell the evaluator that there is something to do.
SELECT pg_notify('facts', '')
