"""Real servers for the tests: PostgreSQL and nats-server from wheels, on loopback, ended by their own handle."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import uuid
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings

from ingest.context import Caps, Context
from ingest.index import index_of
from schemas.registry import document, store
from schemas.registry.derived import instant_points
from schemas.runtime import broker, database
from schemas.runtime.broker import EmbeddedBroker
from schemas.runtime.embedded import EmbeddedPostgres
from schemas.runtime.folder import DataFolder, any_free_port
from schemas.runtime.migrate import migrate
from schemas.runtime.settings import BrokerSettings, IngestSettings, Settings
from simulator.example import example_path
from tests.timescale import TimescaleCluster, layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.registry.store import Registry

# Whatever profile the machine has: how long an example takes is no test's business.
hypothesis_settings.register_profile("house", parent=hypothesis_settings(), deadline=None)
hypothesis_settings.load_profile("house")

for _name in [name for name in os.environ if name.startswith("MONITOR_") and name != "MONITOR_PICTURES"]:
    del os.environ[_name]


class Cluster(NamedTuple):
    """Where a running server is: for the service's own role, and for the superuser."""

    url: str
    admin_url: str


def _wait(ready: object, process: subprocess.Popen[bytes], what: str) -> None:
    until = time.monotonic() + 60
    while not ready():  # type: ignore[operator]  # a plain callable
        assert process.poll() is None, f"{what} ended"
        assert time.monotonic() < until, f"{what} not ready"
        time.sleep(0.05)


#: Fixtures that stand on a database: a test without them need not run on the second one.
_ON_DATABASE = {"cluster", "running", "database_kind"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=["embedded", "timescaledb"], default="embedded", help="what tests with a database run on"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database") == "embedded":
        return
    kept = [item for item in items if _ON_DATABASE & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    kind = str(request.config.getoption("--database"))
    if kind == "timescaledb":
        try:
            layout()
        except RuntimeError as exc:
            # In CI a database that is not there is a failure; a newcomer is told what was left out.
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no TimescaleDB here: {exc}")
    return kind


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Cluster]:
    """A server, with a database that is migrated and has the example county: the template of the tests' own."""
    folder = tmp_path_factory.mktemp("cluster")
    with _timescale(folder) if database_kind == "timescaledb" else _embedded(folder) as server:
        migrate(server.url)
        asyncio.run(_apply_example(server.url))
        yield server


@contextlib.contextmanager
def _timescale(folder: Path) -> Iterator[Cluster]:
    server = TimescaleCluster(folder / "timescaledb")
    server.start()
    try:
        yield Cluster(server.url, server.admin_url)
    finally:
        server.remove()


@contextlib.contextmanager
def _embedded(root: Path) -> Iterator[Cluster]:
    folder = DataFolder(root)
    folder.prepare()
    postgres = EmbeddedPostgres(folder)
    postgres.prepare()
    log = (folder.logs / "postgres.log").open("wb")
    process = subprocess.Popen(postgres.argv, stdout=log, stderr=log, cwd="/")
    try:
        _wait(lambda: asyncio.run(postgres.ready()), process, "PostgreSQL")
        yield Cluster(postgres.url, postgres.admin_url)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        log.close()


async def _apply_example(url: str) -> None:
    async with database.connect(url, "tests") as db:
        await store.apply(db, document.load_checked(example_path()), applied_by="tests")


@pytest.fixture
def empty_url(cluster: Cluster) -> Iterator[str]:
    """A database of its own, without schema."""
    yield from _own_database(cluster, "template1")


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A database of its own, migrated, the example county applied."""
    yield from _own_database(cluster, "monitor")


def _own_database(cluster: Cluster, template: str) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER monitor')
    yield cluster.url.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def context_of(registry: Registry, **caps: int) -> Context:
    """What a worker with the settings' defaults reads messages against."""
    index, counters = index_of(registry)
    own = IngestSettings()
    wanted = {name: caps.get(name, getattr(own, name)) for name in Caps.__struct_fields__}
    return Context(index=index, counters=counters, root="yx/v1", caps=Caps(**wanted), instants=instant_points(registry))


@pytest.fixture
def context(registry: Registry) -> Context:
    return context_of(registry)


@pytest.fixture
def registry(url: str) -> Registry:
    async def read() -> Registry:
        async with database.connect(url, "tests") as db:
            found = await store.current(db)
        assert found is not None
        return found

    return asyncio.run(read())


class Nats:
    """A running broker with a credential for every device of the example county."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)
        self.folder.prepare()
        self.port = any_free_port("127.0.0.1", None)
        self.embedded = EmbeddedBroker(self.folder, BrokerSettings(port=self.port))
        county = document.load_checked(example_path())
        self.embedded.prepare([(site.id, device.id) for site in county.sites for device in site.devices], self.port)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self.embedded.argv, stderr=subprocess.DEVNULL)
        _wait(lambda: broker.answers("127.0.0.1", self.port), self.process, "nats-server")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Nats]:
    server = Nats(tmp_path / "nats")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def settings(url: str, nats: Nats) -> Settings:
    return Settings(
        database_url=url,
        broker=BrokerSettings(
            port=nats.port,
            password_file=nats.embedded.ingest_password_file,
            credentials_file=nats.embedded.credentials_file,
        ),
    )
