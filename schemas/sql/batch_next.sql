-- The number of the batch to come and the digest it chains to, with room for its days. The row lock keeps the chain
-- of a worker whole even if two processes were started under one name.
SELECT nextval(pg_get_serial_sequence('batch', 'batch_id')), head, make_room(%(days)s::date[])
FROM tally WHERE worker = %(worker)s FOR UPDATE
