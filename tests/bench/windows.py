"""What deriving and judging cost: one hour of 10,000 points, and one touched hour among ever more readings."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from alerts.judge.families import subjects_of
from alerts.judge.round import Round
from ingest.derive.rounds import _CLOSED, Rounds
from schemas.runtime import database, garbage
from schemas.runtime.settings import AlertSettings
from schemas.times import DAY, HOUR, day_of, day_start, hour_of
from tests.bench import county
from tests.bench.figures import Figure, over_rounds
from tests.bench.filling import (
    NOON,
    STEP,
    Series,
    fill,
    fill_daily,
    fill_hourly,
    fill_verdicts,
    registry_of,
    require_space,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.registry.store import Registry
    from schemas.runtime.database import Database
    from tests.bench.filling import Cluster

_INTERVAL_S = 60
_MAX_WINDOWS = 1_000_000
#: When an hour is looked at: silence counts from ten minutes after its end on.
_AFTER = timedelta(minutes=30)
_NEVER_AGAIN = datetime(2100, 1, 1, tzinfo=UTC)
#: The last hour of a day is the dearest: the day is over with it, and the month's loads are added up.
_FIRST_DAY = date(2026, 6, 25)
_RUNS = 3
#: So far back substitution of loads looks; a service that runs for a year has these days.
_HISTORY = 200 * DAY
_LOAD_KG = 100.0
_PLANTS, _HOURS = 30, 5
#: Where the touched hours are: a hundred million readings about here reach to NOON.
_MIDDLE = NOON - 145 * DAY
_COUNT_HOURS = (
    "SELECT count(*) FROM hourly WHERE hour = %s AND n_valid = 60 AND valid AND marks = 'N' AND derived_at > %s"
)
_COUNT_DAYS = "SELECT count(*) FROM daily WHERE day = %s AND n_valid = 24 AND valid AND point_id = ANY(%s)"


class Spent(NamedTuple):
    """Seconds of deriving and of judging, and how many verdicts that gave."""

    derive_s: float
    judge_s: float
    verdicts: int


class Service:
    """What derives and judges on one connection, registry and plan in hand, as in the running service."""

    def __init__(self, db: Database) -> None:
        garbage.tune()
        self._db = db
        self._rounds = Rounds(db, _MAX_WINDOWS)
        self._judge = Round(db, AlertSettings())

    async def start(self, since: datetime) -> None:
        """Watch from *since* on; the bench itself says which hours are to be derived."""
        assert not (await self._rounds.round(since)).marks, "nothing is marked yet"
        assert not (await self._judge.round(since)).facts, "nothing is derived yet"
        await self._db.execute("progress_set", what=_CLOSED, at=_NEVER_AGAIN)

    async def spend(self, points: list[int], hour: datetime, now: datetime) -> Spent:
        """Derive and judge *hour* of *points*, until nothing is left to do at *now*."""
        await self._db.execute("stale_span", points=points, since=hour, until=hour + HOUR, whole=False)
        began = time.monotonic()
        while (await self._rounds.round(now)).marks:
            pass
        derived, verdicts = time.monotonic(), 0
        while (done := await self._judge.round(now)).facts:
            verdicts += done.verdicts
        return Spent(derived - began, time.monotonic() - derived, verdicts)


def series_of(registry: Registry) -> Series:
    """Return the measured points with what each of them says."""
    held = {
        number: county.says(site, factor)
        for (site, _, factor), number in sorted(registry.points.items())
        if factor in county.IN_ORDER
    }
    return Series(list(held), list(held.values()))


def with_loads(registry: Registry, measured: Series) -> Series:
    """Return *measured* and the loads that follow from it."""
    loads = sorted(set(registry.points.values()) - set(measured.points))
    return Series(measured.points + loads, measured.bases + [_LOAD_KG] * len(loads))


def prove(url: str, points: list[int], hours: Iterable[datetime], since: datetime) -> None:
    """Assert that each of *hours* was truly derived after *since*, whole and of all points."""
    with psycopg.connect(url) as db:
        for hour in hours:
            (count,) = db.execute(_COUNT_HOURS, [hour, since]).fetchone() or (0,)
            assert count == len(points), f"{hour}: {count} hours of {len(points)}"


def prove_days(url: str, points: list[int], hours: Iterable[datetime]) -> None:
    """Assert that the days of *hours* consist of 24 hours each, of all points."""
    with psycopg.connect(url) as db:
        for hour in hours:
            (count,) = db.execute(_COUNT_DAYS, [day_of(hour), points]).fetchone() or (0,)
            assert count == len(points), f"{day_of(hour)}: {count} days of {len(points)}"


def derive_judge_hour(server: Cluster, sites: int) -> list[Figure]:
    """Time the last hour of a day of *sites* plants with 8 points each."""
    ends = [day_start(_FIRST_DAY) + (number + 1) * DAY for number in range(_RUNS)]
    with server.fresh("hour") as url:
        registry = asyncio.run(registry_of(url, county.document(sites, interval_s=_INTERVAL_S, outlets=True)))
        measured = series_of(registry)
        say(f"derive_judge_hour: {len(measured.points):,} points")
        for end in ends:
            fill(url, measured, end - HOUR, end)
            fill_hourly(url, measured, end - DAY, end - HOUR)
        fill_daily(url, with_loads(registry, measured), ends[0] - DAY - _HISTORY, ends[0] - DAY)
        began = datetime.now(UTC)
        spent = asyncio.run(_hours(url, measured.points, ends))
        hours = [end - HOUR for end in ends]
        prove(url, measured.points, hours, began)
        prove_days(url, measured.points, hours)
    return [
        over_rounds("derive_judge_hour", [one.derive_s + one.judge_s for one in spent], "s", "< 10"),
        over_rounds("derive_hour", [one.derive_s for one in spent], "s"),
        over_rounds("judge_hour", [one.judge_s for one in spent], "s"),
        over_rounds("judge_hour_verdicts", [one.verdicts for one in spent], "verdicts"),
    ]


async def _hours(url: str, points: list[int], ends: list[datetime]) -> list[Spent]:
    async with database.connect(url, "bench") as db:
        service = Service(db)
        await service.start(ends[0] - DAY - _HISTORY)
        return [await service.spend(points, end - HOUR, end + _AFTER) for end in ends]


def window_costs(server: Cluster, rows: list[int]) -> list[Figure]:
    """Time one touched hour of 240 points in the midst of as many readings as each of *rows* says.

    The hour is equally old whatever is stored around it: what follows from a value of an ended month and quarter (rates,
    loads) is the same then, and what grows does so for the sake of what is stored.
    """
    figures = [_window_cost(server, count) for count in sorted(rows)]
    if len(figures) > 1:
        growth = figures[-1].value / figures[0].value
        figures.append(Figure("window_cost_growth", growth, "", "< 1.5"))
    return figures


def _window_cost(server: Cluster, rows: int) -> Figure:
    require_space(rows)
    name = f"{rows // 1_000_000}M" if rows >= 1_000_000 else f"{rows // 1000}k"
    with server.fresh("windows") as url:
        registry = asyncio.run(registry_of(url, county.document(_PLANTS, interval_s=_INTERVAL_S, outlets=True)))
        measured = series_of(registry)
        half = -(-rows // len(measured.points) // 2) * STEP
        since, until = _MIDDLE - half, _MIDDLE + half
        history, now = min(since, _MIDDLE - _HISTORY), max(until, NOON) + _AFTER
        fill(url, measured, since, until, name)
        fill_hourly(url, measured, hour_of(since) + HOUR, hour_of(until))
        fill_daily(url, with_loads(registry, measured), day_start(day_of(history)), now)
        fill_verdicts(url, subjects_of(registry, day_of(now)), day_start(day_of(since)), hour_of(until))
        hours = [_MIDDLE + number * HOUR for number in range(-(_HOURS // 2), _HOURS - _HOURS // 2)]
        began = datetime.now(UTC)
        spent = asyncio.run(_touched(url, measured.points, hours, (history, now)))
        prove(url, measured.points, hours, began)
    costs = [(one.derive_s + one.judge_s) * 1000 / len(measured.points) for one in spent]
    say(f"window_cost_{name}: {', '.join(f'{cost:.2f}' for cost in costs)} ms a point-hour")
    return over_rounds(f"window_cost_{name}", costs, "ms")


async def _touched(url: str, points: list[int], hours: list[datetime], span: tuple[datetime, datetime]) -> list[Spent]:
    """Derive and judge *hours* one after the other; *span*: since when the service watches, and what time it is."""
    async with database.connect(url, "bench") as db:
        service = Service(db)
        await service.start(span[0])
        return [await service.spend(points, hour, span[1]) for hour in hours]
