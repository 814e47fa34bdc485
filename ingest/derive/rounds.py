"""One round of deriving: takes the stale windows, recomputes exactly those, leaves the changed rows for the judge.

All of a round is one transaction: a window is either derived with its mark gone, or still marked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from ingest.derive import RULE_VERSION, retention
from ingest.derive.boiler import efficiency
from ingest.derive.energy import consumption, standard_coal
from ingest.derive.means import HourOfDay, Value, day_mean, hour_mean
from ingest.derive.plan import Plan, Series, plan
from schemas.catalog.energy import tce_per_unit
from schemas.errors import DatabaseError
from schemas.records import Mean, mean_of
from schemas.registry import store
from schemas.runtime import database, logs
from schemas.runtime.database import pause
from schemas.times import DAY, HOUR, day_of, day_start, to_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.catalog.enums import Carrier
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
#: How far before an hour a register's opening reading is looked for; further back it is no opening of that hour.
_LOOK_BACK = timedelta(hours=2)

Row = tuple[int, datetime | date, Mean]


class Done(NamedTuple):
    """What one round did."""

    marks: int
    hours: int
    days: int


class Rounds:
    """Derives on one connection."""

    def __init__(self, db: Database, max_windows: int) -> None:
        self._db = db
        self._max_windows = max_windows
        self._plan = Plan(0, {}, [], [])

    async def round(self) -> Done:
        """Derive what is marked stale, newest hours first; return how much that was."""
        await self._reload()
        async with self._db.transaction():
            marks = await self._db.fetch("stale_take", at_most=self._max_windows // 20)
            if not marks:
                return Done(0, 0, 0)
            touched: dict[datetime, set[int]] = defaultdict(set)
            for hour, points in marks:
                touched[hour].update(point for point in points if point in self._plan.series)
            rows = []
            for hour, points in sorted(touched.items()):
                rows += await self._hours(hour, points)
            await self._write("hourly_upsert", rows)
            days = {(point, day_of(hour)) for point, hour, _ in rows if isinstance(hour, datetime)}
            n_days = await self._days(days)
        return Done(len(marks), len(rows), n_days)

    async def _reload(self) -> None:
        rows = await self._db.fetch("registry_version")
        if rows and rows[0][0] != self._plan.version:
            registry = await store.current(self._db)
            if registry is not None:
                self._plan = plan(registry)

    async def _hours(self, hour: datetime, points: set[int]) -> list[Row]:
        values = await self._values(points, hour - _LOOK_BACK, hour + HOUR)
        start_us, end_us = to_us(hour), to_us(hour + HOUR)
        means: dict[int, Mean] = {}
        for point in points:
            one = self._plan.series[point]
            if one.counter:
                means[point] = consumption(values[point], start_us, end_us, one.interval_s, one.register_max)
            else:
                inside = [value for value in values[point] if start_us <= value.ts_us < end_us]
                means[point] = hour_mean(inside, one.interval_s, one.factor)
        rows: list[Row] = [(point, hour, mean) for point, mean in means.items()]
        return rows + await self._boilers(hour, means)

    async def _boilers(self, hour: datetime, means: Mapping[int, Mean]) -> list[Row]:
        rows: list[Row] = []
        for one in self._plan.boilers:
            if not means.keys() & one.inputs.keys():
                continue
            others = await self._stored_hours(one.inputs.keys() - means.keys(), hour)
            known = {one.inputs[point]: mean for point, mean in {**others, **means}.items() if point in one.inputs}
            rows.append((one.point_id, hour, efficiency(one.boiler, known)))
        return rows

    async def _stored_hours(self, points: Iterable[int], hour: datetime) -> dict[int, Mean]:
        wanted = list(points)
        if not wanted:
            return {}
        rows = await self._db.fetch("hourly_between", points=wanted, since=hour, until=hour + HOUR)
        return {point: mean_of(columns) for point, _, *columns in rows}

    async def _values(self, points: Iterable[int], since: datetime, until: datetime) -> dict[int, list[Value]]:
        rows = await self._db.fetch("reading_between", points=list(points), since=since, until=until)
        found: dict[int, list[Value]] = defaultdict(list)
        for point, of_point in groupby(rows, key=lambda row: row[0]):
            found[point] = [Value(ts_us, value, mark) for _, ts_us, value, mark in of_point]
        return found

    async def _days(self, touched: set[tuple[int, date]]) -> int:
        by_day: dict[date, set[int]] = defaultdict(set)
        for point, day in touched:
            by_day[day].add(point)
            if point in self._plan.series and self._plan.series[point].counter:
                # A late register reading opens the next day that has any: that day's gain is another one now.
                for (later,) in await self._db.fetch("daily_next", point=point, day=day):
                    by_day[later].add(point)
        count = 0
        for day, points in sorted(by_day.items()):
            gauges = {point for point in points if point in self._plan.series and not self._plan.series[point].counter}
            # The outlet's flow weighs its concentrations: a changed flow changes their day too.
            gauges |= {one.point_id for one in self._plan.series.values() if one.flow_id in points}
            rows = await self._gauge_days(day, gauges) + await self._energy_days(day, points)
            await self._write("daily_upsert", rows)
            count += len(rows)
        return count

    async def _gauge_days(self, day: date, points: set[int]) -> list[Row]:
        flows = {one.flow_id for one in self._plan.series.values() if one.point_id in points and one.flow_id}
        start = day_start(day)
        stored = await self._db.fetch("hourly_between", points=list(points | flows), since=start, until=start + DAY)
        hours: dict[int, dict[datetime, Mean]] = defaultdict(dict)
        for point, hour, *columns in stored:
            hours[point][hour] = mean_of(columns)
        rows: list[Row] = []
        for point in points:
            one = self._plan.series[point]
            flow = hours[one.flow_id] if one.flow_id else {}
            of_day = [
                HourOfDay(mean, flow[hour].value if hour in flow and flow[hour].valid else None)
                for hour, mean in sorted(hours[point].items())
            ]
            rows.append((point, day, day_mean(of_day, one.factor, weighted=one.flow_id is not None)))
        return rows

    async def _energy_days(self, day: date, touched: set[int]) -> list[Row]:
        rows: list[Row] = []
        for site in self._plan.energy:
            if not touched & {meter.point_id for meter in site.meters}:
                continue
            parts: dict[str, tuple[Mean, float]] = {}
            for meter in site.meters:
                mean = await self._counter_day(meter, day)
                rows.append((meter.point_id, day, mean))
                carrier: Carrier | None = meter.carrier
                if carrier is not None:
                    parts[meter.factor] = (mean, tce_per_unit(carrier, site.basis_on(day), day))
            rows.append((site.point_id, day, standard_coal(parts)))
        return rows

    async def _counter_day(self, meter: Series, day: date) -> Mean:
        start = day_start(day)
        opening = await self._db.fetch("reading_before", point=meter.point_id, at=start)
        values = [Value(*row) for row in opening]
        values += (await self._values([meter.point_id], start, start + DAY))[meter.point_id]
        return consumption(values, to_us(start), to_us(start + DAY), meter.interval_s, meter.register_max)

    async def _write(self, query: str, rows: list[Row]) -> None:
        if not rows:
            return
        columns = {name: [getattr(mean, name) for _, _, mean in rows] for name in Mean.__struct_fields__}
        await self._db.execute(
            query,
            points=[point for point, _, _ in rows],
            windows=[window for _, window, _ in rows],
            rule_version=RULE_VERSION,
            **columns,
        )


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Derive round after round until *stop*."""
    keeping = asyncio.create_task(retention.keep(settings), name="retention")
    attempt = 0
    while not stop.is_set():
        try:
            async with database.connect(settings.database_url or "", "monitor-derive") as db:
                await db.fetch("derive_lock")
                rounds = Rounds(db, settings.derive.max_windows)
                if settings.ready_file:
                    settings.ready_file.touch()
                attempt = 0
                while not stop.is_set():
                    done = await rounds.round()
                    if done.hours:
                        _LOG.info("derived", marks=done.marks, hours=done.hours, days=done.days)
                    else:
                        await _rest(stop, settings.derive.every_s)
        except DatabaseError as exc:
            _LOG.warning("database away", error=str(exc), attempt=attempt)
            await pause(attempt)
            attempt += 1
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
