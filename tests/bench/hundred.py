"""A hundred million readings stored: does the server still take new ones as fast, and answer the desk at once?

The tables are filled on the server, in the order in which readings arrive, up to noon of a day; then new chunks are
copied in after that noon, by turns into the full database, into one that holds that morning only, and into an empty one.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psycopg

from alerts.desk.snapshot import Reader
from alerts.judge.families import subjects_of
from ingest.columns import COPY_HEAD, COPY_TAIL, PG_EPOCH_US, lay_out
from schemas import sql
from schemas.errors import MonitorError
from schemas.runtime import database
from schemas.times import DAY, HOUR, day_of, day_start, to_us
from tests.bench import county
from tests.bench.figures import Figure, over_rounds, table, write_json
from tests.bench.filling import (
    NOON,
    ROOM,
    STEP,
    cluster,
    fill,
    fill_daily,
    fill_verdicts,
    flat,
    registry_of,
    require_space,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from datetime import timedelta

    from alerts.judge.subjects import Subject

_WARM_UPS, _RUNS, _CHUNK = 3, 20, 40_000
_SIZE = """
SELECT sum(pg_total_relation_size(inhrelid))::float8, sum(pg_indexes_size(inhrelid))::float8
FROM pg_inherits WHERE inhparent = 'reading'::regclass
"""


@dataclass
class Place:
    """One server with its databases, and what was measured there."""

    kind: str
    url: str
    admin_url: str
    points: list[int]
    judged: list[Subject]
    figures: list[Figure] = field(default_factory=list)

    def other(self, name: str) -> str:
        """Return where the database *name* is."""
        return f"{self.url.rsplit('/', 1)[0]}/{name}"

    def add(self, name: str, values: Sequence[float], unit: str, reach: str | None = None) -> None:
        """Keep a figure and tell people at once."""
        self.figures.append(over_rounds(f"{self.kind}_{name}", values, unit, reach))
        say(f"{self.kind}: {name} {self.figures[-1].value:,.4g} {unit}")


@contextmanager
def server(kind: str, devices: int) -> Iterator[Place]:
    """Start a cluster of its own with three databases of the bench county; end it, and forget it."""
    with cluster(kind) as found:
        registry = asyncio.run(registry_of(found.url, county.document(devices)))
        with psycopg.connect(found.admin_url, autocommit=True) as admin:
            for name in ("morning", "empty"):
                admin.execute(f"CREATE DATABASE {name} TEMPLATE monitor OWNER monitor".encode())
        judged = subjects_of(registry, day_of(NOON))
        yield Place(kind, found.url, found.admin_url, list(registry.points.values()), judged)


def chunk(points: list[int], number: int) -> bytes:
    """Return *number* of the chunks that arrive after noon, as a binary COPY stream."""
    at = np.arange(number * _CHUNK, (number + 1) * _CHUNK)
    times = to_us(NOON) - PG_EPOCH_US + at // len(points) * round(STEP.total_seconds() * 1_000_000)
    of_points = np.array(points, dtype=np.int32)[at % len(points)]
    rows = lay_out(times, np.full(_CHUNK, 10.0), of_points, np.zeros(_CHUNK, dtype=bool))
    rows["batch"] = number
    return COPY_HEAD + rows.tobytes() + COPY_TAIL


def insert(db: psycopg.Connection, payload: bytes) -> float:
    """Commit a chunk as the writer does; return readings a second."""
    began = time.monotonic()
    with db.transaction():
        db.execute(ROOM, [[NOON.date()]])
        with db.cursor() as cursor, cursor.copy(sql.load("reading_copy").encode()) as copy:
            copy.write(payload)
    return _CHUNK / (time.monotonic() - began)


def measure_inserts(place: Place) -> None:
    """Copy each chunk into all databases, by turns which is first."""
    with ExitStack() as stack:
        urls = {"filled": place.url, "morning": place.other("morning"), "empty": place.other("empty")}
        bases = {name: stack.enter_context(psycopg.connect(url, autocommit=True)) for name, url in urls.items()}
        rates: dict[str, list[float]] = {name: [] for name in bases}
        with psycopg.connect(place.admin_url, autocommit=True) as admin:
            admin.execute("CHECKPOINT")
        for number in range(_RUNS):
            payload = chunk(place.points, number)
            bases["empty"].execute("TRUNCATE reading")
            # TimescaleDB makes its chunk with the first reading, and that is not to be timed.
            bases["empty"].execute(ROOM, [[NOON.date()]])
            bases["empty"].execute("INSERT INTO reading VALUES (%s, 1, 1, 1, 'N')", [NOON - STEP])
            for name in list(bases)[:: 1 if number % 2 else -1]:
                rates[name].append(insert(bases[name], payload))
    for base in ("empty", "morning"):
        ratios = [one / other for one, other in zip(rates["filled"], rates[base], strict=True)]
        place.add(f"insert_filled_over_{base}", ratios, "", ">= 0.85")
    for name in bases:
        place.add(f"insert_{name}", rates[name], "readings/s")


async def timed(place: Place, name: str, ask: Callable[[], Awaitable[object]]) -> None:
    """Ask again and again; keep how long the answer took."""
    seconds = []
    for number in range(_WARM_UPS + _RUNS):
        began = time.monotonic()
        await ask()
        if number >= _WARM_UPS:
            seconds.append(time.monotonic() - began)
    place.add(name, seconds, "s", "< 0.1")


async def measure_reads(place: Place) -> None:
    """Ask as desk and deriving do, over the border that they use."""
    points, reader = place.points, Reader()
    async with database.connect(place.url, "bench") as db:

        def between(wanted: list[int], length: timedelta) -> Awaitable[object]:
            return db.fetch("reading_between", points=wanted, since=NOON - length, until=NOON)

        def latest() -> Awaitable[object]:
            return db.fetch_dicts("desk_latest", points=points, since=NOON - 3 * DAY)

        await timed(place, "latest_of_all", latest)
        await timed(place, "day_of_one", lambda: between([points[len(points) // 2]], DAY))
        await timed(place, "hour_of_all", lambda: between(points, HOUR))
        await timed(place, "wall", lambda: reader.read(db, NOON))


def measure_hour_on_server(place: Place) -> None:
    """Time the hour of all points without the way to us: what is left is the driver's work on each row."""
    parameters = {"points": place.points, "since": NOON - HOUR, "until": NOON}
    statement = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)\n{sql.load('reading_between')}".encode()
    with psycopg.connect(place.url, autocommit=True) as db:
        found = [(db.execute(statement, parameters).fetchone() or ([],))[0][0] for _ in range(_WARM_UPS + _RUNS)]
    place.add("hour_of_all_on_server", [one["Execution Time"] / 1000 for one in found[_WARM_UPS:]], "s")


def measure_size(place: Place, rows: int) -> None:
    """How much disk a reading takes."""
    with psycopg.connect(place.url, autocommit=True) as db:
        total, indexes = db.execute(_SIZE).fetchone() or (0.0, 0.0)
    place.add("bytes_per_reading", [total / rows], "B")
    place.add("index_bytes_per_reading", [indexes / rows], "B")


def measure(place: Place, rows: int) -> None:
    """Fill, then measure everything."""
    minutes = -(-rows // len(place.points))
    series, since = flat(place.points), NOON - minutes * STEP
    place.add("fill", [fill(place.url, series, since, NOON, place.kind)], "readings/s")
    fill_daily(place.url, series, since, NOON)
    fill_verdicts(place.url, place.judged, day_start(day_of(since)), NOON)
    morning = max(since, NOON.replace(hour=0))
    fill(place.other("morning"), series, morning, NOON, f"{place.kind}, the morning")
    measure_size(place, minutes * len(place.points))
    asyncio.run(measure_reads(place))
    measure_hour_on_server(place)
    measure_inserts(place)


def main() -> int:
    """Measure on each database, print, write; 1 if a reach is missed, 2 if there is nothing to say."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hundred", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--devices", type=int, default=300, help="of 8 points each, a reading a minute")
    parser.add_argument("--database", choices=["embedded", "timescaledb", "both"], default="both")
    parser.add_argument("--json", type=Path, default=Path("hundred.json"), help="where the figures go")
    args = parser.parse_args()
    # Ended from outside, it must still end what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures: list[Figure] = []
    try:
        for kind in ("embedded", "timescaledb") if args.database == "both" else (args.database,):
            require_space(args.rows)
            with server(kind, args.devices) as place:
                measure(place, args.rows)
            figures += place.figures
    except (MonitorError, psycopg.Error) as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    write_json(figures, args.json)
    say(table(figures))
    return 1 if any(figure.ok is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
