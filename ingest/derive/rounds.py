"""One round of deriving: takes the stale windows, recomputes exactly those, leaves the changed rows for the judge.

All of a round is one transaction: a window is either derived with its mark gone, or still marked. Hours whose values did
not change move no day, days that did not change move no month. When an hour has ended every point gets its row, also the
one that said nothing: silence is a fact.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ingest.derive import RULE_VERSION, retention
from ingest.derive.days import Days
from ingest.derive.hours import Hours
from ingest.derive.months import Months
from ingest.derive.plan import Plan, plan
from schemas.errors import DatabaseError
from schemas.records import WATCHING_SINCE, Mean
from schemas.registry import store
from schemas.runtime import database, garbage, logs
from schemas.runtime.clock import now as present
from schemas.runtime.database import pause
from schemas.times import day_of, day_start, hour_of, month_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.derive.hours import Row
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
_CLOSED = "hours closed"
_KIND = "series"
_MARKS_AT_ONCE = 1000
#: After a long stop the hours in between are closed a week at a time.
_CLOSE_AT_ONCE = timedelta(days=7)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

_CATCH_UP_WINDOWS = 20_000

Touched = dict[datetime, set[int]]


class Done(NamedTuple):
    """What one round did."""

    marks: int
    hours: int
    days: int


class Rounds:
    """Derives on one connection. *close_after*: how long after its end an hour is derived for every point."""

    def __init__(self, db: Database, max_windows: int, close_after: timedelta = timedelta(minutes=10)) -> None:
        self._db = db
        self._max_windows = max_windows
        self._close_after = close_after
        self._plan = Plan(0, {}, [], [], [], [], {})
        self._has_facts = False

    async def round(self, now: datetime | None = None) -> Done:
        """Derive what is marked stale, newest hours first; return how much that was."""
        before = self._plan
        self._has_facts = False
        try:
            return await self._round(now or present())
        except BaseException:
            # What the new plan marked to be derived again is rolled back with the rest.
            self._plan = before
            raise

    async def _round(self, now: datetime) -> Done:
        async with self._db.transaction():
            await self._db.fetch("derive_lock")
            await self._reload()
            await self._close_hours(now)
            done = await self._derive(now)
            if self._has_facts:
                await self._db.fetch("wake")
        return done

    async def _derive(self, now: datetime) -> Done:
        marks = await self._db.fetch("stale_take", at_most=_MARKS_AT_ONCE, most=self._max_windows)
        if not marks:
            return Done(0, 0, 0)
        touched: Touched = defaultdict(set)
        whole: Touched = defaultdict(set)
        for hour, points, is_whole in marks:
            touched[hour].update(points)
            if is_whole:
                whole[hour].update(points)
        n_hours, changed = await self._hours(touched)
        for hour, points in whole.items():
            changed[hour] |= points & self._plan.series.keys()
        n_days = await self._days(changed, whole, now)
        return Done(len(marks), n_hours, n_days)

    async def _reload(self) -> None:
        rows = await self._db.fetch("registry_version")
        if not rows or rows[0][0] == self._plan.version:
            return
        registry = await store.current(self._db)
        if registry is None:
            return
        self._plan = plan(registry)
        await self._compare(self._plan.digests())

    async def _compare(self, digests: Mapping[str, tuple[str, list[int]]]) -> None:
        """Mark what the registry changed to be derived again, as far back as there are readings."""
        seen = dict(await self._db.fetch("plan_seen", kind=_KIND))
        news = [key for key, (digest, _) in digests.items() if seen.get(key) != digest]
        points = {point for key in news for point in digests[key][1] if seen}
        if points:
            since = (await self._db.fetch("room_first"))[0][0]
            await self._db.execute("stale_again", points=sorted(points), since=since or _EVER)
            _LOG.info("registry changed what is derived", series=len(points))
        if news:
            await self._db.execute("plan_see", kind=_KIND, keys=news, digests=[digests[key][0] for key in news])
        gone = sorted(seen.keys() - digests.keys())
        if gone:
            await self._db.execute("plan_forget", kind=_KIND, keys=gone)

    async def _close_hours(self, now: datetime) -> None:
        """Mark every point for each hour that has ended since the last time."""
        if not self._plan.series:
            return
        ended = hour_of(now - self._close_after)
        rows = await self._db.fetch("progress_get", what=_CLOSED)
        since = rows[0][0] if rows else ended
        if since >= ended and rows:
            return
        if not rows:
            # From here on we watch: what was not transmitted before cannot be held against anybody.
            await self._db.execute("progress_set", what=WATCHING_SINCE, at=ended)
        until = min(ended, since + _CLOSE_AT_ONCE)
        points = sorted(self._plan.series)
        await self._db.execute("stale_span", points=points, since=since, until=until, whole=False)
        await self._db.execute("progress_set", what=_CLOSED, at=until)
        await self._end_months(month_start(day_of(since)), month_start(day_of(until)))

    async def _end_months(self, since: date, until: date) -> None:
        """Have what is judged by whole months judged at their end, also where the last days did not change the value."""
        points = [number for one in self._plan.boilers for number in (one.direct_id, one.indirect_id)]
        if since < until and points:
            span = {"since": day_start(since), "until": day_start(until)}
            await self._db.execute("facts_again", bases=["month"], points=points, **span)
            self._has_facts = True

    async def _hours(self, touched: Touched) -> tuple[int, Touched]:
        """Derive hours, oldest first; return how many rows and which of them changed."""
        hours = Hours(self._db, self._plan)
        wanted = {hour: hours.with_kin(points) for hour, points in touched.items()}
        for hour, points in (await hours.neighbours(wanted)).items():
            wanted[hour] = wanted.get(hour, set()) | hours.with_kin(points)
        changed: Touched = defaultdict(set)
        count = 0
        for hour, points in sorted(wanted.items()):
            rows = await hours.rows(hour, points)
            count += len(rows)
            for point, _ in await self._write("hourly_upsert", rows):
                changed[hour].add(point)
        return count, changed

    async def _days(self, changed: Touched, whole: Touched, now: datetime) -> int:
        days = Days(self._db, self._plan)
        by_day: dict[date, set[int]] = defaultdict(set)
        forced: dict[date, set[int]] = defaultdict(set)
        for hour, points in changed.items():
            by_day[day_of(hour)] |= self._raw(points)
        for hour, points in whole.items():
            forced[day_of(hour)] |= points
        count = 0
        by_month: dict[date, set[int]] = defaultdict(set)
        for day, points in sorted((await days.spread(by_day)).items()):
            rows = await days.rows(day, points)
            count += len(rows)
            moved = {point for point, _ in await self._write("daily_upsert", rows)}
            if forced.get(day):
                moved = {point for point, _, _ in rows}
            # A month adds up whole days: today's comes with the morning.
            if day < day_of(now):
                by_month[month_start(day)] |= moved
        months = Months(self._db, self._plan, day_of(now))
        for month, points in sorted((await months.spread(by_month)).items()):
            await self._write("monthly_upsert", await months.rows(month, points))
        return count

    def _raw(self, points: set[int]) -> set[int]:
        """Return the measured points behind *points*: a derived series that changed is reached through one of its inputs."""
        found = {point for point in points if point in self._plan.series}
        for boiler in self._plan.boilers:
            if not points.isdisjoint((boiler.direct_id, boiler.indirect_id)):
                found.add(boiler.fuel_id)
        for stack in self._plan.stacks:
            if not points.isdisjoint((*stack.converted.values(), *stack.loads.values())):
                found.update(list(stack.converted)[:1])
        return found

    async def _write(self, query: str, rows: list[Row]) -> list[tuple[int, date]]:
        """Write *rows*; return point and window of those that changed."""
        if not rows:
            return []
        columns = {name: [getattr(mean, name) for _, _, mean in rows] for name in Mean.__struct_fields__}
        changed = await self._db.fetch(
            query,
            points=[point for point, _, _ in rows],
            windows=[window for _, window, _ in rows],
            rule_version=RULE_VERSION,
            **columns,
        )
        self._has_facts |= bool(changed)
        return [(point, window) for point, window in changed]


async def catch_up(db: Database, now: datetime) -> int:
    """Derive until nothing is stale, in the caller's transaction; return how many hour values that were."""
    garbage.tune()
    rounds, count = Rounds(db, _CATCH_UP_WINDOWS), 0
    while (done := await rounds.round(now)).marks:
        count += done.hours
    return count


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Derive round after round until *stop*."""
    garbage.tune()
    keeping = asyncio.create_task(retention.keep(settings), name="retention")
    attempt = 0
    while not stop.is_set():
        try:
            async with database.connect(settings.database_url or "", "monitor-derive") as db:
                rounds = Rounds(db, settings.derive.max_windows, timedelta(seconds=settings.ingest.late_after_s))
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
