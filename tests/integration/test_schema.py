from __future__ import annotations

import contextlib

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from schemas.errors import DatabaseUnavailableError, SchemaError
from schemas.runtime.migrate import migrate
from schemas.tables import metadata


def test_migrations_make_exactly_the_tables(empty_url: str) -> None:
    assert migrate(empty_url) == (None, "0007")
    assert migrate(empty_url) == ("0007", "0007")
    engine = sa.create_engine(sa.make_url(empty_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def _refused_unless(*, hypertable: bool) -> contextlib.AbstractContextManager[object]:
    """A hypertable makes its own room when a row comes; a plain table has only what it was asked for."""
    return contextlib.nullcontext() if hypertable else pytest.raises(psycopg.errors.CheckViolation)


def test_room_is_made_for_any_day_once(url: str, database_kind: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(2):
            connection.execute("SELECT make_room(ARRAY['2024-02-29', '2026-11-23']::date[])")
        connection.execute("INSERT INTO reading VALUES ('2024-02-29 23:59:59.999999+00', 1, 1, 1, 'N')")
        with _refused_unless(hypertable=database_kind == "timescaledb"):
            connection.execute("INSERT INTO reading VALUES ('2024-03-01 00:00+00', 1, 1, 1, 'N')")


def test_a_newer_database_is_refused(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="newer version"):
        migrate(url)


def test_a_foreign_database_is_refused(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE reading (x int)")
    with pytest.raises(SchemaError, match="not ours"):
        migrate(empty_url)


def test_no_database_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailableError, match="unreachable"):
        migrate("postgresql://nobody:x@127.0.0.1:1/none")
