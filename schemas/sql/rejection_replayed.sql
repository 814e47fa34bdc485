-- These messages went through again: all that was refused of them is settled anew.
UPDATE rejection SET replayed_at = now()
WHERE replayed_at IS NULL AND (batch_id, topic, received_at, payload) IN (
    SELECT batch_id, topic, received_at, payload FROM rejection WHERE rejection_id = ANY(%(ids)s::bigint[])
)
