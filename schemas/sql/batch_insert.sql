-- One row a commit, the raw messages inside.
INSERT INTO batch (batch_id, worker, received_from, received_to, messages, stored, duplicate, rejected,
                   payload, digest, previous_digest)
OVERRIDING SYSTEM VALUE
VALUES (%(batch_id)s, %(worker)s, %(received_from)s, %(received_to)s, %(messages)s, %(stored)s, %(duplicate)s,
        %(rejected)s, %(payload)s, %(digest)s, %(previous_digest)s)
