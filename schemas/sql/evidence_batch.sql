-- One batch of raw messages as it is kept, with its place in its worker's chain.
SELECT batch_id, worker, received_from, received_to, messages, payload, digest, previous_digest
FROM batch WHERE batch_id = %(batch_id)s
