-- The number of the batch to come, and the digest it chains to.
SELECT nextval(pg_get_serial_sequence('batch', 'batch_id')),
       (SELECT digest FROM batch WHERE worker = %(worker)s ORDER BY batch_id DESC LIMIT 1)
