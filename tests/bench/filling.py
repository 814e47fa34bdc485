"""Databases filled on the server, by SQL: readings in the order in which they arrive, and what would be derived of them."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from ingest.derive import RULE_VERSION
from schemas.errors import StartError
from schemas.registry import store
from schemas.runtime import database
from schemas.runtime.folder import DataFolder
from schemas.runtime.migrate import migrate
from schemas.times import DAY, HOUR
from tests.bench import county
from tests.bench.stand import _start_postgres
from tests.timescale import TimescaleCluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.judge.subjects import Subject
    from schemas.registry.model import Document
    from schemas.registry.store import Registry

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
STEP = timedelta(seconds=60)
#: What a value is about where nobody asks for more.
_BASE = 10.0
#: 105 were found; beside them lie the write-ahead log and the cluster itself.
_BYTES_A_READING, _BYTES_BESIDE = 120, 4_000_000_000
ROOM = "SELECT make_room(%s::date[])"
_FILL = """
INSERT INTO reading (ts, value, batch_id, point_id, mark)
SELECT at, base * (1 + random() / 10), %(batch)s, point, 'N'
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - INTERVAL '60 s', INTERVAL '60 s') AS at,
     unnest(%(points)s::int[], %(bases)s::float8[]) AS series (point, base)
ORDER BY at, point
"""
_HOURLY = """
INSERT INTO hourly (point_id, hour, value, low, high, n_valid, n_expected, valid, marks, note, n_received, rule_version)
SELECT point, at, base * (1 + random() / 10), base, base * 1.1, 60, 60, true, 'N', '', 60, %(rule_version)s
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - INTERVAL '1 hour', INTERVAL '1 hour') AS at,
     unnest(%(points)s::int[], %(bases)s::float8[]) AS series (point, base)
ORDER BY at, point
"""
_DAILY = """
INSERT INTO daily (point_id, day, value, low, high, n_valid, n_expected, valid, marks, note, n_received, rule_version)
SELECT point, at, base * (1 + random() / 10), base, base * 1.1, 24, 24, true, 'N', '', 24, %(rule_version)s
FROM generate_series((%(since)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date,
                     (%(until)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date - 1, INTERVAL '1 day') AS at,
     unnest(%(points)s::int[], %(bases)s::float8[]) AS series (point, base)
ORDER BY at, point
"""
_VERDICTS = """
INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)
SELECT rule, subject, point, at, at + %(length)s::interval, 'compliant', 10, 50, 'bench', '{}'
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - %(length)s::interval, %(length)s::interval) AS at,
     unnest(%(rules)s::text[], %(subjects)s::text[], %(points)s::int[]) AS s (rule, subject, point)
"""


class Series(NamedTuple):
    """Points, and about what each of them says; a value is up to a tenth above that."""

    points: list[int]
    bases: list[float]


def flat(points: list[int]) -> Series:
    """Return *points* that all say the same."""
    return Series(points, [_BASE] * len(points))


def say(sentence: str) -> None:
    """Tell people at once."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def require_space(rows: int) -> None:
    """Say how much disk it takes; StartError where there is not as much."""
    folder = tempfile.gettempdir()
    need, free = rows * _BYTES_A_READING + _BYTES_BESIDE, shutil.disk_usage(folder).free
    say(f"disk: about {need / 1e9:.0f} GB needed in {folder}, {free / 1e9:.0f} GB free")
    if free < need:
        raise StartError(f"too little disk in {folder}", "Set TMPDIR to another folder, or ask for fewer --rows.")


class Cluster(NamedTuple):
    """A server of the benchmark's own with an empty migrated database; *root*: a folder for those who use it."""

    url: str
    admin_url: str
    root: Path

    def other(self, name: str) -> str:
        """Return where the database *name* is."""
        return f"{self.url.rsplit('/', 1)[0]}/{name}"

    @contextmanager
    def fresh(self, name: str) -> Iterator[str]:
        """Make the database *name*, migrated and empty; drop it afterwards, for the disk's sake."""
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE monitor OWNER monitor".encode())
            try:
                yield self.other(name)
            finally:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def cluster(kind: str) -> Iterator[Cluster]:
    """Start a server of its own; end it, and forget it.

    Raises:
        RuntimeError: it cannot be had on this machine.

    """
    root = Path(tempfile.mkdtemp(prefix="monitor-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        if kind == "timescaledb":
            server = TimescaleCluster(root / "timescaledb")
            stack.callback(server.stop)
            server.start()
            url, admin_url = server.url, server.admin_url
        else:
            folder = DataFolder(root)
            folder.prepare()
            url, admin_url = _start_postgres(folder, stack)
        migrate(url)
        yield Cluster(url, admin_url, root)


async def registry_of(url: str, document: Document) -> Registry:
    """Apply *document*; return it as the service reads it."""
    await county.apply(url, document)
    async with database.connect(url, "bench") as db:
        found = await store.current(db)
    assert found is not None
    return found


def fill(url: str, series: Series, since: datetime, until: datetime, name: str = "") -> float:
    """Store a reading a minute, an hour of all points at a time, oldest first; return readings a second.

    What comes along is told under *name*, if there is one.
    """
    began, stored = time.monotonic(), 0
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")
        db.execute("SET work_mem = '64MB'")
        while since < until:
            end = min(until, since.replace(minute=0) + HOUR)
            db.execute(ROOM, [[since.date()]])
            stored += db.execute(_FILL, {"since": since, "until": end, "batch": stored, **series._asdict()}).rowcount
            since = end
            if name and end.hour in (0, 12):
                say(f"{name}: {stored:,} readings by {end:%m-%d %H:%M}, {stored / (time.monotonic() - began):,.0f}/s")
        rate = stored / (time.monotonic() - began)
        db.execute("VACUUM (ANALYZE) reading")
    return rate


def fill_hourly(url: str, series: Series, since: datetime, until: datetime) -> None:
    """Store an hour value for each hour of the span."""
    _fill_derived(url, _HOURLY, {"since": since, "until": until, **series._asdict()})


def fill_daily(url: str, series: Series, since: datetime, until: datetime) -> None:
    """Store a day value for each Shanghai day that begins in the span and ends by its end."""
    _fill_derived(url, _DAILY, {"since": since, "until": until, **series._asdict()})


def fill_verdicts(url: str, judged: Sequence[Subject], since: datetime, until: datetime) -> None:
    """Store a compliant verdict for each hour or day of the span, as each subject has it."""
    for basis, length in (("hour", HOUR), ("day", DAY)):
        some = [one for one in judged if one.basis == basis]
        columns = {
            "rules": [one.rule for one in some],
            "subjects": [one.key for one in some],
            "points": [one.point_id for one in some],
        }
        _fill_derived(url, _VERDICTS, {"since": since, "until": until, "length": length, **columns})


def _fill_derived(url: str, statement: str, parameters: dict[str, object]) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")
        db.execute("SET TIME ZONE 'UTC'")
        db.execute(statement.encode(), {**parameters, "rule_version": RULE_VERSION})
        db.execute("VACUUM (ANALYZE) hourly, daily, verdict, point")
