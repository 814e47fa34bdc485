-- One row a commit with the raw messages inside; what it settled; the windows to derive again.
WITH stale AS (
    INSERT INTO stale_window (hour, point_ids)
    SELECT hour, points::int[] FROM unnest(%(hours)s::timestamptz[], %(points)s::text[]) AS touched (hour, points)
), settled AS (
    UPDATE tally SET
        received = received + %(received)s, stored = stored + %(stored)s, duplicate = duplicate + %(duplicate)s,
        rejected = rejected + %(rejected)s, head = %(digest)s, committed_at = now()
    WHERE worker = %(worker)s
)
INSERT INTO batch (batch_id, worker, received_from, received_to, messages, stored, duplicate, rejected, told,
                   payload, digest, previous_digest)
OVERRIDING SYSTEM VALUE
VALUES (%(batch_id)s, %(worker)s, %(received_from)s, %(received_to)s, %(messages)s, %(stored)s, %(duplicate)s,
        %(rejected)s, %(told)s, %(payload)s, %(digest)s, %(previous_digest)s)
