"""The test stand: PostgreSQL, nats-server and ``monitor ingest`` on loopback, in a folder that goes when it ends."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg

from schemas.errors import StartError, UseError
from schemas.runtime import broker
from schemas.runtime.broker import EmbeddedBroker
from schemas.runtime.embedded import EmbeddedPostgres
from schemas.runtime.folder import DataFolder, any_free_port
from schemas.runtime.migrate import migrate
from schemas.runtime.settings import BrokerSettings
from tests.bench import county
from tests.timescale import TimescaleCluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_HOST = "127.0.0.1"
#: Where ``-m`` finds the modules that are measured.
REPOSITORY = Path(__file__).resolve().parents[2]
_START_WITHIN_S = 60.0
_STOP_WITHIN_S = 20.0
_SHOWN = 2_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the stand is asked for."""

    devices: int
    kind: str
    database_url: str | None
    settings: Sequence[str]
    keep: bool


@dataclass(frozen=True, kw_only=True)
class Stand:
    """What runs: addresses and processes. *postgres* is None where the server is not on this machine."""

    url: str
    admin_url: str
    mqtt_port: int
    credentials: Path
    logs: Path
    broker: psutil.Process
    ingest: psutil.Process
    postgres: psutil.Process | None
    commit_times: bool
    server: str


@contextmanager
def stand(wanted: Wanted) -> Iterator[Stand]:
    """Start everything in its order, ingest last; end everything by its own handle."""
    root = Path(tempfile.mkdtemp(prefix="monitor-bench-"))
    with ExitStack() as stack:
        if not wanted.keep:
            stack.callback(shutil.rmtree, root, ignore_errors=True)
        folder = DataFolder(root)
        folder.prepare()
        url, admin_url = wanted.database_url, wanted.database_url
        if wanted.kind == "timescaledb":
            cluster = TimescaleCluster(root / "timescaledb")
            stack.callback(cluster.remove)
            cluster.start()
            url, admin_url = cluster.url, cluster.admin_url
        elif url is None or admin_url is None:
            url, admin_url = _start_postgres(folder, stack)
        _refuse_full(url)
        migrate(url)
        registry = county.document(wanted.devices)
        asyncio.run(county.apply(url, registry))
        port = any_free_port(_HOST, None)
        nats = EmbeddedBroker(folder, BrokerSettings(port=port))
        nats.prepare(list(county.devices_of(registry)), port)
        broker_process = _start(
            nats.argv,
            folder.logs / "broker.log",
            stack,
            lambda: broker.answers(_HOST, port),
            environment={**os.environ, **nats.env},
        )
        ingest = _start_ingest(url, nats, port, folder, stack, wanted.settings)
        with psycopg.connect(url, autocommit=True) as db:
            server, commit_times = _server(db)
            yield Stand(
                url=url,
                admin_url=admin_url,
                mqtt_port=port,
                credentials=nats.credentials_file,
                logs=folder.logs,
                broker=broker_process,
                ingest=ingest,
                postgres=_postmaster(db),
                commit_times=commit_times,
                server=server,
            )


def _start_postgres(folder: DataFolder, stack: ExitStack) -> tuple[str, str]:
    postgres = EmbeddedPostgres(folder)
    postgres.prepare()
    argv = [*postgres.argv, "-c", "track_commit_timestamp=on"]
    log = folder.logs / "postgres.log"
    _start(argv, log, stack, lambda: asyncio.run(postgres.ready()), ender=signal.SIGINT)
    return postgres.url, postgres.admin_url


def _start_ingest(
    url: str, nats: EmbeddedBroker, port: int, folder: DataFolder, stack: ExitStack, settings: Sequence[str]
) -> psutil.Process:
    said = {
        "MONITOR_BROKER__PORT": str(port),
        "MONITOR_BROKER__PASSWORD_FILE": str(nats.ingest_password_file),
    }
    # The broker drops what nobody has subscribed to yet: nothing is published before it is ready.
    return start_monitor("ingest", url, folder, stack, said | dict(setting.split("=", 1) for setting in settings))


def start_monitor(
    command: str, url: str, folder: DataFolder, stack: ExitStack, settings: Mapping[str, str]
) -> psutil.Process:
    """Start ``monitor`` *command* on the database at *url* with *settings* and no others; wait until it is ready."""
    ready = folder.ready / command
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")} | {
        "MONITOR_DATABASE_URL": url,
        "MONITOR_DATA": str(folder.root),
        "MONITOR_READY_FILE": str(ready),
        **settings,
    }
    argv = [sys.executable, "-m", "monitor", command]
    return _start(argv, folder.logs / f"{command}.log", stack, ready.exists, environment=environment)


def _start(
    argv: list[str],
    log: Path,
    stack: ExitStack,
    ready: Callable[[], bool],
    *,
    ender: signal.Signals = signal.SIGTERM,
    environment: dict[str, str] | None = None,
) -> psutil.Process:
    """Start a program, see to its end, wait until it is *ready*.

    Raises:
        StartError: it ended, or was not ready in time; the end of its log says why.

    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=REPOSITORY, env=environment
        )
    stack.callback(_end, process, ender)
    until = time.monotonic() + _START_WITHIN_S
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            raise StartError(f"{log.stem} does not start: {end_of(log)}", "See its log.")
        time.sleep(0.05)
    return psutil.Process(process.pid)


def end_of(log: Path) -> str:
    """Return the last lines of *log*."""
    return log.read_text(encoding="utf-8", errors="replace")[-_SHOWN:]


def _end(process: subprocess.Popen[bytes], ender: signal.Signals) -> None:
    process.send_signal(ender)
    try:
        process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _refuse_full(url: str) -> None:
    """Refuse a database with readings: the rounds empty it."""
    with psycopg.connect(url, autocommit=True) as db:
        (exists,) = db.execute("SELECT to_regclass('reading') IS NOT NULL").fetchone() or (False,)
        if exists and db.execute("SELECT 1 FROM reading LIMIT 1").fetchone():
            raise UseError("this database holds readings, and a benchmark empties it", "Give it an empty database.")


def _server(db: psycopg.Connection) -> tuple[str, bool]:
    """Return what serves the database, and whether it remembers when it committed."""
    (version,) = db.execute("SHOW server_version").fetchone() or ("?",)
    found = db.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    (remembers,) = db.execute("SHOW track_commit_timestamp").fetchone() or ("off",)
    return f"PostgreSQL {version}" + (f" + TimescaleDB {found[0]}" if found else ""), remembers == "on"


def _postmaster(db: psycopg.Connection) -> psutil.Process | None:
    """Return the server's first process if it runs on this machine."""
    try:
        parent = psutil.Process(db.info.backend_pid).parent()
    except psutil.NoSuchProcess:
        return None
    return parent if parent is not None and parent.name().startswith("postgres") else None
