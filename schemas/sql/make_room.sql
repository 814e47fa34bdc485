-- Partitions for the days a batch touches; does nothing on a hypertable.
SELECT make_room(%(days)s::date[])
