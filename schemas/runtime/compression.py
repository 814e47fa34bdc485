"""Compression of old readings, where TimescaleDB's licence allows it (the vendor's images; Debian's build has none).

Chunks are compressed after two weeks, when nearly all late data have come: writing into a compressed chunk is right
(proved in tests/community) and costs about twice as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import SchemaError

if TYPE_CHECKING:
    import sqlalchemy as sa

HORIZON_DAYS = 14

#: True where the server has the community modules and readings lie in a hypertable; NULL or no row elsewhere.
LICENSED = """
SELECT current_setting('timescaledb.license', true) = 'timescale'
FROM pg_class WHERE oid = to_regclass('reading') AND relkind = 'r'
"""

#: How a chunk is laid out. The primary key is (point_id, ts): both settings together cover it, so keys stay checkable.
LAYOUT = """
ALTER TABLE reading SET (
    timescaledb.compress, timescaledb.compress_segmentby = 'point_id', timescaledb.compress_orderby = 'ts'
)
"""

#: The server's own job, twice a day: compresses what has passed the horizon, and again what late data have reopened.
POLICY = (
    f"SELECT add_compression_policy('reading', compress_after => INTERVAL '{HORIZON_DAYS} days', if_not_exists => true)"
)

#: In this order; they may be said again. Not a migration: a database may come under the other licence at any time.
STATEMENTS = (LAYOUT, POLICY)


#: True where readings were compressed under the other licence: this server could not read them.
_LOCKED = """
SELECT bool_or(compression_enabled) AND current_setting('timescaledb.license', true) <> 'timescale'
FROM timescaledb_information.hypertables WHERE hypertable_name = 'reading'
"""


def require_licence(connection: sa.Connection) -> None:
    """Prove that this server can read what is compressed.

    Raises:
        SchemaError: readings were compressed by a server with the other licence.

    """
    if connection.exec_driver_sql(_LOCKED).scalar():
        raise SchemaError(
            "读数由另一许可的 TimescaleDB 压缩，本服务器不能读 (compressed under the licence `timescale`, this server has `apache`).",
            "Use a server with timescaledb.license = 'timescale', or decompress the chunks there first.",
        )


def turn_on(connection: sa.Connection) -> bool:
    """Turn compression on where the licence allows it; say whether it does."""
    if not connection.exec_driver_sql(LICENSED).scalar():
        return False
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
    return True
