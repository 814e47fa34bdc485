-- All workers that ever wrote a batch.
SELECT DISTINCT worker FROM batch ORDER BY worker
