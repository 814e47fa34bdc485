"""Grafana's login on a real server: it reads every view of `screen`, nothing below them, and changes nothing."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from schemas.errors import StartError
from schemas.runtime import database, reader
from schemas.runtime.folder import DataFolder
from schemas.runtime.settings import Settings
from schemas.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Cluster

#: Columns that name a person, a login, a receiver, or hold free text and messages.
_PEOPLE = {
    "acked_by", "settled_by", "assignee", "made_by", "withdrawn_by", "released_by", "recipient", "receipt", "actor", "person",
    "phone", "contact", "reason_text", "evidence", "payload", "details", "topic", "password", "cause", "applied_by", "document",
}  # fmt: skip


def _screen(connection: psycopg.Connection, what: str) -> list[tuple[str, ...]]:
    return connection.execute(
        f"SELECT {what} FROM information_schema.columns WHERE table_schema = 'screen' ORDER BY table_name, ordinal_position".encode()
    ).fetchall()


@pytest.fixture
def reading(cluster: Cluster, url: str) -> Iterator[psycopg.Connection]:
    """A connection as Grafana's role to a database of its own."""
    asyncio.run(_admit(cluster.admin_url, url))
    with psycopg.connect(reader.reader_url(url, "only-for-tests"), autocommit=True) as connection:
        yield connection


async def _admit(admin_url: str, url: str) -> None:
    async with database.connect(admin_url, "tests") as admin:
        await admin.ensure_reader("only-for-tests")
    async with database.connect(f"{admin_url.rsplit('/', 1)[0]}/{url.rsplit('/', 1)[1]}", "tests") as admin:
        await admin.execute("reader_fence")
    async with database.connect(url, "tests") as db:
        await reader.grant(db)


def _refused(connection: psycopg.Connection, statement: str) -> str:
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement.encode())
    return caught.value.sqlstate or ""


def test_every_view_can_be_read(url: str, reading: psycopg.Connection) -> None:
    with psycopg.connect(url) as owner:
        views = sorted({name for (name,) in _screen(owner, "table_name")})
    assert len(views) >= 15
    for view in views:
        reading.execute(f"SELECT * FROM screen.{view} LIMIT 1".encode())


def test_no_table_below_the_views_can_be_read(reading: psycopg.Connection) -> None:
    assert {name: _refused(reading, f"SELECT 1 FROM public.{name}") for name in metadata.tables} == dict.fromkeys(
        metadata.tables, "42501"
    )


def test_views_name_no_person_and_no_message(url: str) -> None:
    with psycopg.connect(url) as owner:
        columns = {name for (name,) in _screen(owner, "column_name")}
    assert columns & _PEOPLE == set()


def test_views_hold_no_whole_documents(url: str) -> None:
    """A body has names in it: of a verdict's the wall's own facts are wanted, of a notice or an incident single fields."""
    with psycopg.connect(url) as owner:
        whole = [
            row[:2] for row in _screen(owner, "table_name, column_name, data_type") if row[2] in {"jsonb", "bytea"}
        ]
    assert whole == [("verdict", "body")]


def test_nothing_can_be_written_even_when_it_asks_to(reading: psycopg.Connection) -> None:
    reading.execute("SET default_transaction_read_only = off")
    for statement in (
        "UPDATE screen.site SET town = 'x'",
        "INSERT INTO screen.tally VALUES ('w', 1, 1, 0, 0)",
        "DELETE FROM screen.reading",
        "CREATE TABLE screen.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE TEMP TABLE mine (x int)",
    ):
        assert _refused(reading, statement) in {"42501", "0A000", "55000"}, statement


def test_it_cannot_hold_the_locks_of_the_service(url: str, reading: psycopg.Connection) -> None:
    """A lock of the judge, held by a stranger, would stop every round; and large objects are a disk to fill."""
    reading.execute("SET default_transaction_read_only = off")
    for statement in (
        "SELECT pg_advisory_lock(43102303)",
        "SELECT pg_try_advisory_xact_lock(1, 2)",
        "SELECT lo_from_bytea(0, 'x'::bytea)",
        "SELECT lo_create(0)",
    ):
        assert _refused(reading, statement) == "42501", statement
    with psycopg.connect(url) as owner:
        owner.execute("SELECT pg_advisory_xact_lock(43102303), pg_try_advisory_lock(7), pg_advisory_unlock(7)")


def test_its_own_limits_are_set(reading: psycopg.Connection) -> None:
    def shown(name: str) -> str:
        return str((reading.execute(f"SHOW {name}".encode()).fetchone() or ("",))[0])

    wanted = {
        "default_transaction_read_only": "on",
        "statement_timeout": "15s",
        "idle_in_transaction_session_timeout": "1min",
        "TimeZone": "UTC",
    }
    assert {name: shown(name) for name in wanted} == wanted
    limits = reading.execute(
        "SELECT rolconnlimit, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    assert limits.fetchone() == (20, False, False, False)


def test_views_of_later_versions_can_be_read_too(url: str, reading: psycopg.Connection) -> None:
    with psycopg.connect(url) as owner:
        owner.execute("CREATE VIEW screen.later AS SELECT 1 AS one")
    assert reading.execute("SELECT one FROM screen.later").fetchone() == (1,)


def test_address_lets_grafana_in(cluster: Cluster, url: str, tmp_path: Path) -> None:
    password = DataFolder(tmp_path / "data")
    password.prepare()

    async def admit() -> str:
        async with database.connect(cluster.admin_url, "tests") as admin:
            await admin.ensure_reader(password.secret("reader"))
        return await reader.address(Settings(database_url=url, data=tmp_path / "data"))

    found = asyncio.run(admit())
    with psycopg.connect(found) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (database.READER,)


def test_another_password_is_told_with_what_mends_it(cluster: Cluster, url: str, tmp_path: Path) -> None:
    asyncio.run(_admit(cluster.admin_url, url))
    with pytest.raises(StartError, match="cannot log in") as caught:
        asyncio.run(reader.address(Settings(database_url=url, data=tmp_path / "data")))
    secret = DataFolder(tmp_path / "data").secret("reader")
    assert secret not in str(caught.value)
    # What a superuser is told to run lets it in.
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        for statement in caught.value.mend.partition("\n")[2].split(";\n", 1):
            admin.execute(statement.encode())
    assert "monitor_reader" in asyncio.run(reader.address(Settings(database_url=url, data=tmp_path / "data")))


@contextmanager
def _role_hidden(cluster: Cluster) -> Iterator[None]:
    """Roles are the whole server's: other databases hold grants to it, so it is renamed, not dropped."""
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute("DO $$ BEGIN CREATE ROLE monitor_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        admin.execute("ALTER ROLE monitor_reader RENAME TO elsewhere")
        try:
            yield
        finally:
            admin.execute("ALTER ROLE elsewhere RENAME TO monitor_reader")


def test_without_the_role_a_superuser_is_asked_for(cluster: Cluster, url: str, tmp_path: Path) -> None:
    with _role_hidden(cluster), pytest.raises(StartError, match="may not make it") as caught:
        asyncio.run(reader.address(Settings(database_url=url, data=tmp_path / "data")))
    assert "CREATE ROLE monitor_reader" in caught.value.mend


def test_without_the_role_nothing_is_granted_and_nothing_fails(cluster: Cluster, url: str) -> None:
    async def grant() -> None:
        async with database.connect(url, "tests") as db:
            await reader.grant(db)

    with _role_hidden(cluster):
        asyncio.run(grant())
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT nspacl FROM pg_namespace WHERE nspname = 'screen'").fetchone() == (None,)
