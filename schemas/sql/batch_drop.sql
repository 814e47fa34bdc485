-- Raw messages older than they are kept, some at a time.
DELETE FROM batch WHERE batch_id IN (
    SELECT batch_id FROM batch WHERE received_to < %(before)s ORDER BY batch_id LIMIT %(at_most)s
)
