"""What the wall's data cost with 1,000 sites of ten points each and two million readings, while commits come every 50 ms.

One process commits as ingest does; this one keeps the snapshot, as the desk does, and is measured: its CPU, and how long after
a commit the snapshot shows it.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from alerts.desk.keeper import Keeper
from alerts.desk.snapshot import Follower, Reader
from alerts.judge.families import subjects_of
from schemas.errors import MonitorError
from schemas.registry.check import check
from schemas.registry.model import Document
from schemas.runtime import clock, database
from schemas.times import DAY, HOUR, day_of, day_start
from tests.bench import county
from tests.bench.figures import Figure, over_rounds, percentile, table, write_json
from tests.bench.filling import cluster, fill, fill_daily, fill_verdicts, flat, registry_of, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from datetime import date, datetime

    from alerts.judge.subjects import Subject
    from schemas.registry.store import Registry

SITES = 1000
_METERS = (
    {"factor": "yx_e_kwh", "kind": "counter", "carrier": "electricity", "interval_s": 60},
    {"factor": "yx_e_coal_t", "kind": "counter", "carrier": "raw_coal", "interval_s": 60},
)
_ACCOUNT = """{"used": 400, "allowed": 500, "projected": 480, "unit": "tce", "task": 12, "standard": "bench", "clause": "bench",
 "n_valid": 700, "n_expected": 744, "n_known": 31, "method": "bench", "kind": "notice", "passes_on": null}"""
_SHOWN_RULES = frozenset({"sewage_day", "energy_budget", "energy_year", "energy_cap", "load_cap", "data_rate"})
_RUNS, _COMMITS_FOR_S, _COMMIT_EVERY_S = 20, 30.0, 0.05
_TALLY = "INSERT INTO tally (worker, received, stored, duplicate, rejected, committed_at) VALUES ('bench', 0, 0, 0, 0, now())"


def document(sites: int, since: date) -> Document:
    """Return a county of *sites* plants: an outlet of eight factors, two meters and a budget each."""
    raw = county.document(sites, interval_s=60, outlets=True).model_dump(mode="json", exclude_none=True)
    raw["county"]["energy_cap_tce"] = 200_000
    budget = {"valid_from": since.replace(month=1, day=1).isoformat(), "annual_tce": 500, "electricity": "calorific"}
    for site in raw["sites"]:
        site["devices"].append({"id": "meters", "name": "meters", "points": [dict(one) for one in _METERS]})
        site["budgets"] = [budget]
    found = Document.model_validate(raw)
    assert not check(found)
    return found


def points_of(registry: Registry) -> list[int]:
    """Return the points that devices send."""
    return [
        registry.points[site.id, device.id, point.factor]
        for site in registry.document.sites
        for device in site.devices
        for point in device.points
    ]


def fill_county(url: str, registry: Registry, rows: int, now: datetime) -> None:
    """Store *rows* readings up to *now*, three days derived and judged, and the clock of each device."""
    points, today = points_of(registry), day_of(now)
    minutes = -(-rows // len(points))
    say(f"filled at {fill(url, flat(points), now - minutes * timedelta(minutes=1), now):,.0f} readings/s")
    fill_daily(url, flat(list(registry.points.values())), now - 4 * DAY, now)
    judged: list[Subject] = [one for one in subjects_of(registry, today) if one.rule in _SHOWN_RULES]
    fill_verdicts(url, judged, day_start(today) - 3 * DAY, now.replace(minute=0))
    with psycopg.connect(url, autocommit=True) as db:
        accounts = [rule for rule in _SHOWN_RULES if rule != "sewage_day"]
        through = f"|| jsonb_build_object('through', '{today - DAY}')"
        db.execute(f"UPDATE verdict SET body = %s::jsonb {through} WHERE rule = ANY(%s)".encode(), [_ACCOUNT, accounts])
        clocks = "INSERT INTO device_clock SELECT DISTINCT site_id, device_id, now(), 0.3 FROM point WHERE device_id <> 'energy'"
        db.execute(clocks.encode())
        db.execute(_TALLY.encode())
        db.execute("VACUUM ANALYZE")


async def costs(ask: Callable[[], Awaitable[object]], runs: int) -> tuple[list[float], list[float]]:
    """Ask *runs* times; return the seconds each took, and those of this process's CPU."""
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.monotonic(), time.process_time()
        await ask()
        walls.append(time.monotonic() - wall)
        cpus.append(time.process_time() - cpu)
    return walls, cpus


async def measure_reads(url: str, kind: str) -> list[Figure]:
    """One snapshot read anew, and one that follows another: with nothing new, and with the slow facts again."""
    reader, follower, found = Reader(), Follower(), []
    spent: list[float] = []
    async with database.connect(url, "bench") as db:
        turns = iter(range(1, 10_000))
        await reader.read(db, clock.now())
        await follower.read(db, clock.now())
        for name, ask, reach in (
            ("whole", lambda: reader.read(db, clock.now()), "< 1"),
            ("followed", lambda: follower.read(db, clock.now()), "< 0.2"),
            # An hour on, an hour back: all but the readings is read again.
            ("followed_slow", lambda: follower.read(db, clock.now() + next(turns) % 2 * HOUR), "< 0.6"),
        ):
            walls, cpus = await costs(ask, _RUNS)
            found.append(over_rounds(f"{kind}_wall_{name}", walls, "s", reach))
            found.append(over_rounds(f"{kind}_wall_{name}_cpu", cpus, "s"))
            spent.append(sum(cpus))
    return [*found, Figure(f"{kind}_wall_followed_cpu_over_whole", spent[1] / spent[0], "", "< 0.25")]


@contextmanager
def committing(url: str) -> Iterator[None]:
    """Commit readings every 50 ms from a process of its own: a hundredth of the points a time, so each once in five seconds."""
    argv = [sys.executable, "-m", "tests.bench.wall_county", "--commit", url]
    process = subprocess.Popen(argv, cwd=Path(__file__).resolve().parents[2])
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def commit_for_ever(url: str) -> None:
    """Commit until a signal."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SELECT make_room(%s::date[])", [[(clock.now() + n * DAY).date() for n in (0, 1)]])
        found = db.execute("SELECT point_id FROM point WHERE device_id IN ('outlet', 'meters') ORDER BY 1").fetchall()
        points = [point for (point,) in found]
        number, each = 0, max(1, len(points) // 100)
        while True:
            due = time.monotonic() + _COMMIT_EVERY_S
            begin = number * each % len(points)
            with db.transaction():
                db.execute(
                    "INSERT INTO reading (ts, value, batch_id, point_id, mark) SELECT clock_timestamp(), 10.5, 1, p, 'N'"
                    " FROM unnest(%s::int[]) p",
                    [points[begin : begin + each]],
                )
                db.execute(
                    "UPDATE tally SET received = received + 1, stored = stored + 1, committed_at = clock_timestamp()"
                )
            number += 1
            time.sleep(max(0.0, due - time.monotonic()))


async def measure_keeper(url: str, kind: str) -> list[Figure]:
    """Keep the snapshot while commits come; return the CPU's share of a core, and each commit's age when it is shown."""
    keeper, ages = Keeper(url), []
    running = asyncio.create_task(keeper.run())
    try:
        await keeper.after(0, 60)
        with committing(url):
            await keeper.after(keeper.version, 60)
            began, cpu = time.monotonic(), time.process_time()
            version, last = keeper.version, clock.now()
            while time.monotonic() - began < _COMMITS_FOR_S:
                version = await keeper.after(version, 5)
                assert keeper.snapshot is not None
                assert keeper.snapshot.committed_at is not None
                # The commit right after the one before this snapshot waited for longest.
                ages.append((clock.now() - last).total_seconds())
                last = keeper.snapshot.committed_at
            share = (time.process_time() - cpu) / (time.monotonic() - began)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    ages.sort()
    return [
        Figure(f"{kind}_wall_keeper_cpu", share, "of a core", "< 0.20"),
        Figure(f"{kind}_wall_delay_median", percentile(ages, 0.5), "s", "< 1"),
        Figure(f"{kind}_wall_delay_worst", ages[-1], "s", "< 2"),
        Figure(f"{kind}_wall_snapshots", len(ages) / _COMMITS_FOR_S, "a second"),
    ]


def explain(url: str, points: list[int]) -> str:
    """Return how the server comes by the newest readings of all points."""
    from schemas import sql

    asked = {"points": points, "held_us": [0] * len(points), "since": clock.now() - 3 * DAY}
    with psycopg.connect(url) as db:
        lines = db.execute(f"EXPLAIN (ANALYZE, BUFFERS)\n{sql.load('wall_latest')}".encode(), asked).fetchall()
    return "\n".join(str(line) for (line,) in lines)


def measure(kind: str, sites: int, rows: int) -> list[Figure]:
    """Fill a cluster of its own and measure everything."""
    now = clock.now().replace(second=0, microsecond=0)
    with cluster(kind) as found:
        registry = asyncio.run(registry_of(found.url, document(sites, day_of(now))))
        points = points_of(registry)
        fill_county(found.url, registry, rows, now)
        say(explain(found.url, points))
        figures = asyncio.run(measure_reads(found.url, kind))
        return figures + asyncio.run(measure_keeper(found.url, kind))


def main() -> int:
    """Measure, print, write; 1 if a reach is missed, 2 if there is nothing to say."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.wall_county", description=__doc__)
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--database", choices=["embedded", "timescaledb", "both"], default="embedded")
    parser.add_argument("--json", type=Path, default=Path("wall_county.json"), help="where the figures go")
    parser.add_argument("--commit", help=argparse.SUPPRESS)
    args = parser.parse_args()
    # Ended from outside, it must still end what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if args.commit:
        commit_for_ever(args.commit)
    figures: list[Figure] = []
    try:
        for kind in ("embedded", "timescaledb") if args.database == "both" else (args.database,):
            figures += measure(kind, args.sites, args.rows)
    except (MonitorError, psycopg.Error) as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    write_json(figures, args.json)
    say(table(figures))
    return 1 if any(figure.ok is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
