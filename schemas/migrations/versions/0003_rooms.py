"""Rooms for readings: partitions or chunks, listed, sized and dropped through one interface, whichever it is."""

from alembic import op

revision = "0003"
down_revision = "0002"

PLAIN = """
CREATE FUNCTION rooms() RETURNS TABLE (room text, since timestamptz, until timestamptz) LANGUAGE sql STABLE AS $$
    SELECT c.relname::text, d.day AT TIME ZONE 'UTC', (d.day + INTERVAL '1 day') AT TIME ZONE 'UTC'
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT to_date(substring(c.relname from 9), 'YYYYMMDD')::timestamp AS day) d
    WHERE i.inhparent = 'reading'::regclass
    ORDER BY 2
$$;

CREATE FUNCTION drop_room(last timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT room FROM rooms() WHERE until = last LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
END $$;

-- Partitions are of one day.
CREATE FUNCTION size_rooms(days integer) RETURNS void LANGUAGE sql AS $$ SELECT $$;
"""

HYPERTABLE = """
CREATE FUNCTION rooms() RETURNS TABLE (room text, since timestamptz, until timestamptz) LANGUAGE sql STABLE AS $$
    SELECT format('%I.%I', chunk_schema, chunk_name), range_start, range_end
    FROM timescaledb_information.chunks WHERE hypertable_name = 'reading'
    ORDER BY 2
$$;

CREATE FUNCTION drop_room(last timestamptz) RETURNS void LANGUAGE sql AS $$
    SELECT drop_chunks('reading', older_than => last)
$$;

-- From the next chunk on.
CREATE FUNCTION size_rooms(days integer) RETURNS void LANGUAGE sql AS $$
    SELECT set_chunk_time_interval('reading', make_interval(days => days))
$$;
"""


def upgrade() -> None:
    partitioned = op.get_bind().exec_driver_sql("SELECT relkind = 'p' FROM pg_class WHERE oid = 'reading'::regclass")
    op.execute(PLAIN if partitioned.scalar() else HYPERTABLE)
