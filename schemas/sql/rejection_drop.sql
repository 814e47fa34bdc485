-- Refused values older than they are kept; their bytes stay in table batch as long as that.
DELETE FROM rejection WHERE rejection_id IN (
    SELECT rejection_id FROM rejection WHERE received_at < now() - make_interval(days => %(keep_days)s)
    ORDER BY received_at LIMIT 100000
)
