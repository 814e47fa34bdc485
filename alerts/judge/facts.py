"""Derived values as the judges ask for them: many points and windows in one query each."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from schemas.records import WATCHING_SINCE, Mean, mean_of
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.runtime.database import Database

Days = dict[int, list[tuple[date, Mean]]]


class Instant(NamedTuple):
    """One stored reading; *said*: the kind a person marked its time as, where one did."""

    value: float
    mark: str
    late: bool
    said: str | None


class Facts:
    """Reads hours, days and months on one connection, inside the round's transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def instants(self, wanted: Iterable[tuple[int, datetime]]) -> dict[tuple[int, datetime], Instant]:
        """Return the readings of *wanted* (point, instant) that there are."""
        points, instants = _columns(wanted)
        if not points:
            return {}
        rows = await self._db.fetch(
            "instants_at", points=points, instants=instants, first=min(instants), last=max(instants)
        )
        return {(point, ts): Instant(*columns) for point, ts, *columns in rows}

    async def hours(self, wanted: Iterable[tuple[int, datetime]]) -> dict[tuple[int, datetime], Mean]:
        """Return the hour values of *wanted* (point, start) that there are."""
        points, starts = _columns(wanted)
        rows = await self._db.fetch("hourly_at", points=points, windows=starts) if points else []
        return {(point, start): mean_of(columns) for point, start, *columns in rows}

    async def days(self, wanted: Iterable[tuple[int, date]]) -> dict[tuple[int, date], Mean]:
        """Return the day values of *wanted* (point, Shanghai day) that there are."""
        points, days = _columns(wanted)
        rows = await self._db.fetch("daily_at", points=points, windows=days) if points else []
        return {(point, day): mean_of(columns) for point, day, *columns in rows}

    async def day_span(self, points: Iterable[int], since: date, until: date) -> Days:
        """Return point → its days from *since* to *until*, both included, oldest first."""
        rows = await self._db.fetch("daily_between", points=sorted(points), since=since, until=until)
        return _by_point(rows)

    async def month_span(self, points: Iterable[int], since: date, until: date) -> Days:
        """Return point → its months from *since* to *until* (first days), both included, oldest first."""
        rows = await self._db.fetch("monthly_between", points=sorted(points), since=since, until=until)
        return _by_point(rows)

    async def first_data_day(self, points: Iterable[int]) -> date | None:
        """Return the first day on which any of *points* had data, or None."""
        rows = await self._db.fetch("daily_first", points=sorted(points))
        return min((day for (day,) in rows), default=None)

    async def first_day(self, points: Iterable[int]) -> date | None:
        """Return the first day on which any of *points* had data while we watched, or None."""
        since = await self._db.fetch("progress_get", what=WATCHING_SINCE)
        first = await self.first_data_day(points)
        return None if first is None or not since else max(day_of(since[0][0]), first)


def _columns(wanted: Iterable[tuple[int, date]] | Iterable[tuple[int, datetime]]) -> tuple[list[int], list[date]]:
    rows = sorted(set(wanted))
    return [point for point, _ in rows], [start for _, start in rows]


def _by_point(rows: list[tuple[object, ...]]) -> Days:
    found: Days = defaultdict(list)
    for point, day, *columns in rows:
        found[point].append((day, mean_of(columns)))  # type: ignore[index, arg-type]  # the columns' types are the table's
    return found
