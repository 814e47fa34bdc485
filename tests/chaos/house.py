"""The stand: PostgreSQL on a small disk of its own, the broker, and ingest, which reaches both through proxies only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from schemas.registry import document, store
from schemas.runtime import broker, database
from schemas.runtime.broker import EmbeddedBroker
from schemas.runtime.embedded import EmbeddedPostgres
from schemas.runtime.folder import DataFolder, port_is_free
from schemas.runtime.migrate import migrate
from schemas.runtime.settings import BrokerSettings
from simulator.example import example_path
from tests.chaos.processes import Minded
from tests.chaos.proxy import Mode, Proxy
from tests.timescale import TimescaleCluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from schemas.registry.model import Document

REPOSITORY = Path(__file__).resolve().parents[2]
ACK_WAIT_S = 2
#: How long ingest waits for a broker or a database that does not answer: short, to see it within a round.
KEEPALIVE_S = 4
_HOST = "127.0.0.1"
_LEFT_BYTES = 8 * 8192
_DEBIAN_MB = 300
# The small disk must not be filled by WAL that PostgreSQL merely likes to keep.
_SMALL = ("-c", "max_wal_size=96MB", "-c", "min_wal_size=32MB")


def free_port() -> int:
    """A free port below the kernel's range for outgoing connections.

    Above it, somebody's connection may take the port while its server is down, or a client may connect to itself.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        if port_is_free(_HOST, port):
            return port


class House:
    """All processes, and everything that can be done to them."""

    def __init__(self, root: Path, county: Document, *, own_disk: bool, kind: str = "embedded") -> None:
        self.folder = DataFolder(root)
        self.folder.prepare()
        self.folder.remember(postgres_port=free_port())
        self.county = county
        self.own_disk = own_disk
        self.peak_mb = 0.0
        self.cluster: EmbeddedPostgres | TimescaleCluster = EmbeddedPostgres(self.folder)
        if kind == "timescaledb":
            self.cluster = TimescaleCluster(self.folder.postgres / "timescaledb", free_port())
        self.broker_port = free_port()
        self.nats = EmbeddedBroker(self.folder, BrokerSettings(port=self.broker_port), ack_wait_s=ACK_WAIT_S)
        self.to_database = Proxy(free_port(), self.cluster.port, seed=1)
        self.to_broker = Proxy(free_port(), self.broker_port, seed=2)
        self.ready_file = self.folder.ready / "ingest"
        self.ballast = self.folder.postgres / "ballast"
        self.postgres = self._make_postgres()
        self.broker = self._make_broker()
        self.ingest = self._make_ingest()

    def _make_postgres(self) -> Minded:
        self.cluster.prepare()
        return Minded("postgres", [*self.cluster.argv, *_SMALL], self.folder.logs / "postgres.log")

    def _make_broker(self) -> Minded:
        self.nats.prepare([(s.id, d.id) for s in self.county.sites for d in s.devices], self.broker_port)
        return Minded("broker", self.nats.argv, self.folder.logs / "broker.log")

    def _make_ingest(self) -> Minded:
        env = {
            "MONITOR_DATABASE_URL": self.cluster.url.replace(f":{self.cluster.port}/", f":{self.to_database.port}/"),
            "MONITOR_DATA": str(self.folder.root),
            "MONITOR_READY_FILE": str(self.ready_file),
            "MONITOR_BROKER__HOST": _HOST,
            "MONITOR_BROKER__PORT": str(self.to_broker.port),
            "MONITOR_BROKER__PASSWORD_FILE": str(self.nats.ingest_password_file),
            "MONITOR_BROKER__KEEPALIVE_S": str(KEEPALIVE_S),
            "MONITOR_INGEST__DATABASE_ANSWER_S": str(KEEPALIVE_S),
            "MONITOR_INGEST__SELF_CHECK_S": "1",
            "PYTHONUNBUFFERED": "1",
            # The code beside these tests is tested, wherever another copy may be installed.
            "PYTHONPATH": str(REPOSITORY),
        }
        return Minded("ingest", [sys.executable, "-m", "monitor", "ingest"], self.folder.logs / "ingest.log", env)

    @property
    def processes(self) -> tuple[Minded, Minded, Minded]:
        return self.ingest, self.postgres, self.broker

    async def start(self) -> None:
        self.postgres.start()
        await _until(self.cluster.ready, "PostgreSQL")
        await asyncio.to_thread(migrate, self.cluster.url)
        async with database.connect(self.cluster.url, "chaos") as db:
            await store.apply(db, self.county, applied_by="chaos")
        self.broker.start()
        await self.to_database.start()
        await self.to_broker.start()
        await _until(lambda: asyncio.to_thread(broker.answers, _HOST, self.broker_port), "nats-server")
        self.ingest.start()
        # Before its session exists the broker acknowledges and drops what devices send.
        await _until(lambda: asyncio.to_thread(self.ready_file.exists), "ingest")

    async def stop(self) -> None:
        self.unfill()
        await self.ingest.stop(signal.SIGKILL)
        await self.broker.stop(signal.SIGTERM)
        await self.postgres.stop(signal.SIGQUIT)
        await self.to_database.close()
        await self.to_broker.close()

    async def mend(self) -> None:
        """Undo whatever a fault may have left."""
        self.unfill()
        for process in self.processes:
            process.thaw()
        for proxy in (self.to_database, self.to_broker):
            await proxy.switch(Mode.PASS)

    async def watch_memory(self) -> None:
        """Keep the highest memory of ingest, also across its restarts."""
        while True:
            self.peak_mb = max(self.peak_mb, self.ingest.rss_mb())
            await asyncio.sleep(0.1)

    # What can be done to the database.

    def connect(self, **options: Any) -> Any:
        """A superuser's connection to the service's database, past the proxy."""
        url = self.cluster.admin_url.rsplit("/", 1)[0] + "/monitor"
        # The options let us in and out while the whole cluster is read-only.
        return psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=2, options="-c default_transaction_read_only=off", **options
        )

    async def order(self, *statements: str, within_s: float = 20) -> list[tuple[Any, ...]]:
        """Run *statements*; PostgreSQL may be dead or frozen just now, so try until it is done.

        Returns:
            The rows of the last.

        """
        until = time.monotonic() + within_s
        while True:
            try:
                async with asyncio.timeout(5), await self.connect() as connection:
                    for statement in statements:
                        cursor = await connection.execute(statement)
                    return list(await cursor.fetchall()) if cursor.description else []
            except (psycopg.Error, TimeoutError):
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)

    async def read_only(self, *, on: bool) -> None:
        """Make all new transactions read-only, as after a failover to a standby; ends the connections there are."""
        change = "SET default_transaction_read_only = on" if on else "RESET default_transaction_read_only"
        await self.order(f"ALTER SYSTEM {change}", "SELECT pg_reload_conf()")
        await self.terminate_backends()

    async def terminate_backends(self) -> int:
        rows = await self.order(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE usename = 'monitor' AND pid <> pg_backend_pid()"
        )
        return int(rows[0][0])

    def fill(self) -> None:
        """Leave PostgreSQL a few pages of disk."""
        disk = os.statvfs(self.folder.postgres)
        with self.ballast.open("wb") as handle:
            os.posix_fallocate(handle.fileno(), 0, max(8192, disk.f_bavail * disk.f_frsize - _LEFT_BYTES))

    def unfill(self) -> None:
        self.ballast.unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def open_house(root: Path, *, disk_mb: int = 500, kind: str = "embedded") -> AsyncIterator[House]:
    """Start the stand, and end it."""
    disk = _make_folder(root)
    # The other server brings its own Debian.
    disk_mb += _DEBIAN_MB if kind == "timescaledb" else 0
    own_disk = _mount("mount", "-t", "tmpfs", "-o", f"size={disk_mb}m", "chaos", str(disk))
    try:
        house = House(root, document.load_checked(example_path()), own_disk=own_disk, kind=kind)
        memory = asyncio.create_task(house.watch_memory())
        try:
            await house.start()
            yield house
        finally:
            memory.cancel()
            await asyncio.gather(memory, return_exceptions=True)
            await house.stop()
    finally:
        if own_disk:
            _mount("umount", "-l", str(disk))


def may_mount() -> bool:
    """Say whether a small disk of its own can be had for PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        return _mount("mount", "-t", "tmpfs", "-o", "size=1m", "chaos", folder) and _mount("umount", folder)


def _make_folder(root: Path) -> Path:
    disk = root.resolve() / "postgres"
    disk.mkdir(parents=True, exist_ok=True)
    return disk


def _mount(*argv: str) -> bool:
    """Only root may mount, and not in every container: then there is no disk of our own to fill."""
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


async def _until(holds: Callable[[], Any], what: str, within_s: float = 60) -> None:
    until = time.monotonic() + within_s
    while not await holds():
        assert time.monotonic() < until, f"{what} not ready"
        await asyncio.sleep(0.05)
