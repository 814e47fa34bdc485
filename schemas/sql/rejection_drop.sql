-- Refused values older than they are kept, some at a time.
DELETE FROM rejection WHERE rejection_id IN (
    SELECT rejection_id FROM rejection WHERE received_at < %(before)s ORDER BY rejection_id LIMIT %(at_most)s
)
