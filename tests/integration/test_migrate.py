from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiomqtt
import psycopg
import pytest
from typer.testing import CliRunner

import monitor
from ingest import work
from schemas.errors import MonitorError, SchemaError
from schemas.registry import document, store
from schemas.runtime import compression, database
from schemas.runtime import migrate as migrations
from schemas.runtime.clock import now
from schemas.runtime.migrate import migrate, status
from schemas.runtime.settings import BrokerSettings, Settings
from schemas.times import to_us
from simulator.example import example_path

if TYPE_CHECKING:
    from tests.conftest import Cluster, Nats

BASE_MS = to_us(now()) // 1000 - 3_600_000
FIRST, HEAD = "0001", "0007"


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(text)
        return cursor.fetchall() if cursor.description else []


def test_check_says_how_a_database_stands_and_changes_nothing(empty_url: str, database_kind: str) -> None:
    kind = "TimescaleDB 2." if database_kind == "timescaledb" else "PostgreSQL"
    empty = status(empty_url)
    assert (empty.revision, empty.head, empty.is_current) == (None, HEAD, False)
    assert empty.kind.startswith(kind)
    assert query(empty_url, "SELECT to_regclass('reading'), to_regclass('alembic_version')") == [(None, None)]
    migrate(empty_url)
    done = status(empty_url)
    assert (done.revision, done.is_current) == (HEAD, True)
    assert done.kind.startswith(kind)
    assert ("apache" in done.kind) == (database_kind == "timescaledb")


def test_the_command_fails_while_the_schema_is_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", empty_url)
    with pytest.raises(MonitorError, match="monitor migrate"):
        CliRunner().invoke(monitor.app, ["migrate", "--check"], catch_exceptions=False)
    assert CliRunner().invoke(monitor.app, ["migrate"], catch_exceptions=False).exit_code == 0
    said = CliRunner().invoke(monitor.app, ["migrate", "--check"], catch_exceptions=False)
    assert (said.exit_code, HEAD in said.output) == (0, True)


def test_check_refuses_a_database_of_a_newer_version(url: str) -> None:
    query(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="newer version"):
        status(url)


def test_a_user_without_rights_is_told_so(empty_url: str, cluster: Cluster) -> None:
    admin = cluster.admin_url.rsplit("/", 1)[0] + "/" + empty_url.rsplit("/", 1)[1]
    query(admin, "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        guest = "postgresql://guest:guest@" + empty_url.split("@")[1]
        with pytest.raises(SchemaError, match="rights"):
            migrate(guest)
    finally:
        query(admin, "DROP ROLE guest")


def test_an_extension_that_is_not_turned_on_is_not_passed_over(
    empty_url: str, cluster: Cluster, database_kind: str
) -> None:
    if database_kind == "embedded":
        pytest.skip("this server offers no TimescaleDB")
    admin = cluster.admin_url.rsplit("/", 1)[0] + "/" + empty_url.rsplit("/", 1)[1]
    query(admin, "DROP EXTENSION timescaledb")
    with pytest.raises(SchemaError, match=r"not turned on.*MONITOR_PLAIN_TABLES"):
        migrate(empty_url)
    assert migrate(empty_url, plain=True) == (None, HEAD)
    assert "partitions" in status(empty_url).kind
    assert migrate(empty_url) == (HEAD, HEAD), "once it is plain it stays so, without being asked again"


def test_an_extension_that_is_too_old_is_refused(
    empty_url: str, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_kind == "embedded":
        pytest.skip("this server offers no TimescaleDB")
    monkeypatch.setattr(migrations, "_LEAST_TIMESCALEDB", (99, 0))
    with pytest.raises(SchemaError, match=r"too old.*ALTER EXTENSION"):
        migrate(empty_url)


def test_readings_compressed_under_the_other_licence_are_refused(
    empty_url: str, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_kind == "embedded":
        pytest.skip("this server offers no TimescaleDB")
    migrate(empty_url)
    # Debian's build cannot compress; what the question answers on such a database is put in its place.
    monkeypatch.setattr(compression, "_LOCKED", "SELECT true")
    with pytest.raises(SchemaError, match="decompress"):
        migrate(empty_url)


async def publish(settings: Settings, stop: asyncio.Event) -> int:
    assert settings.broker.credentials_file is not None
    password = json.loads(settings.broker.credentials_file.read_text())["bj-wwtp/outlet"]
    where = {"hostname": "127.0.0.1", "port": settings.broker.port, "username": "bj-wwtp/outlet", "password": password}
    sent = 0
    async with aiomqtt.Client(**where, identifier="migrating") as client:
        while not stop.is_set():
            body = json.dumps({"ts": BASE_MS + sent * 100, "values": {"w01018": sent % 50}})
            await client.publish("yx/v1/bj-wwtp/outlet/telemetry", body, qos=1)
            sent += 1
    return sent


async def test_a_filled_database_is_migrated_under_load_without_losing_an_ack(empty_url: str, nats: Nats) -> None:
    migrate(empty_url, to="0002")
    # What the registry of today calls and that schema has not yet.
    query(empty_url, "CREATE FUNCTION size_rooms(days integer) RETURNS void LANGUAGE sql AS 'SELECT'")
    async with database.connect(empty_url, "tests") as db:
        await store.apply(db, document.load_checked(example_path()), applied_by="tests")
    query(empty_url, "DROP FUNCTION size_rooms")
    query(empty_url, "SELECT make_room(ARRAY['2026-01-01']::date[])")
    query(
        empty_url,
        "INSERT INTO reading SELECT '2026-01-01 00:00+00'::timestamptz + n * INTERVAL '0.1 second', n, 1, 1, 'N'"
        " FROM generate_series(1, 200000) AS n",
    )
    settings = Settings(
        database_url=empty_url,
        broker=BrokerSettings(
            port=nats.port,
            password_file=nats.embedded.ingest_password_file,
            credentials_file=nats.embedded.credentials_file,
        ),
    )
    stop, done = asyncio.Event(), asyncio.Event()
    worker = asyncio.create_task(work.run(settings, stop))
    async with asyncio.timeout(20):
        while not query(empty_url, "SELECT 1 FROM share_lease"):  # noqa: ASYNC110 - filled by the worker
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    publishing = asyncio.create_task(publish(settings, done))
    await asyncio.sleep(1)
    assert await asyncio.to_thread(migrate, empty_url) == ("0002", HEAD)
    await asyncio.sleep(1)
    done.set()
    sent = await publishing
    async with asyncio.timeout(20):
        while query(empty_url, "SELECT count(*) FROM reading WHERE ts > '2026-06-01'") < [(sent,)]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    stop.set()
    await worker
    assert sent > 100
    assert query(empty_url, "SELECT received - stored - duplicate - rejected FROM tally") == [(0,)]


def test_without_the_other_licence_nothing_is_compressed(empty_url: str, database_kind: str) -> None:
    migrate(empty_url)
    if database_kind == "timescaledb":
        assert query(empty_url, "SELECT compression_enabled FROM timescaledb_information.hypertables") == [(False,)]
        assert query(empty_url, "SELECT current_setting('timescaledb.license')") == [("apache",)]
