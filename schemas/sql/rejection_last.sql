-- The newest rejection there is.
SELECT coalesce(max(rejection_id), 0) FROM rejection
