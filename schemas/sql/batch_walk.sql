-- The next batches of one worker's chain.
SELECT batch_id, payload, digest, previous_digest FROM batch
WHERE worker = %(worker)s AND batch_id > %(after)s ORDER BY batch_id LIMIT %(at_most)s
