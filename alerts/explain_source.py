"""What an explanation reads: one subject's facts, readings, marks, verdicts and batches of one Shanghai day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.judge.facts import Facts
from schemas.catalog.enums import MARK_LETTER, MarkKind
from schemas.records import Mean, mean_of
from schemas.times import DAY, HOUR, day_start, from_us, hour_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_MOMENT = timedelta(microseconds=1)


class Reading(NamedTuple):
    """One stored reading: the device's *mark*, and the *letter* a person's mark put in its place ('' where none did)."""

    at: datetime
    value: float
    mark: str
    late: bool
    letter: str


class Marked(NamedTuple):
    """A person's mark in force; half-open [since, until)."""

    mark_id: int
    point_ids: Sequence[int]
    kind: str
    since: datetime
    until: datetime
    reason: str
    evidence: str
    made_by: str
    made_at: datetime

    @property
    def letter(self) -> str:
        """The small letter it puts in place of the device's mark."""
        return MARK_LETTER[MarkKind(self.kind)]


class Filed(NamedTuple):
    """A verdict as it is filed; in force where *amended_at* is None."""

    verdict_id: int
    rule: str
    window_start: datetime
    outcome: str
    value: float | None
    limit_value: float | None
    limit_id: str
    body: Mapping[str, Any]
    judged_at: datetime
    amended_at: datetime | None


class Batch(NamedTuple):
    """A batch of raw messages and how many of the day's *readings* came in it."""

    batch_id: int
    worker: str
    received_from: datetime
    received_to: datetime
    readings: int


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One subject's *day* in the database. *stable*: leave out what another run would number or date otherwise."""

    db: Any
    registry: Any
    day: date
    key: str
    stable: bool

    @classmethod
    def of(cls, db: Database, registry: Registry, day: date, key: str, *, stable: bool) -> Source:
        """Return the source of *key* on *day*."""
        return cls(db=db, registry=registry, day=day, key=key, stable=stable)

    @property
    def start(self) -> datetime:
        """Where the Shanghai day begins."""
        return day_start(self.day)

    @property
    def starts(self) -> list[datetime]:
        """The starts of the day's 24 hours."""
        return [self.start + n * HOUR for n in range(24)]

    def name(self, point: int) -> str:
        """Return site.device.factor of a point, as `monitor trace` takes it."""
        return next(".".join(key) for key, number in self.registry.points.items() if number == point)

    async def hours(self, points: Iterable[int]) -> dict[tuple[int, datetime], Mean]:
        """Return the day's hour values of *points*."""
        rows = await self.db.fetch("hourly_between", points=sorted(points), since=self.start, until=self.start + DAY)
        return {(point, at): mean_of(columns) for point, at, *columns in rows}

    async def days(self, points: Iterable[int]) -> dict[int, Mean]:
        """Return the day values of *points*."""
        found = await Facts(self.db).days((point, self.day) for point in points)
        return {point: mean for (point, _), mean in found.items()}

    async def marks(self, points: Iterable[int]) -> list[Marked]:
        """Return people's marks of *points* that touch the day."""
        rows = await self.db.fetch("explain_marks", points=sorted(points), since=self.start, until=self.start + DAY)
        return [Marked._make(row) for row in rows]

    async def readings(self, point: int, marks: Iterable[Marked]) -> dict[datetime, list[Reading]]:
        """Return the start of an hour → the readings of *point* in it, in time order, under people's *marks*."""
        mine = [mark for mark in marks if point in mark.point_ids]
        rows = await self.db.fetch(
            "reading_between", points=[point], since=self.start, until=self.start + DAY - _MOMENT
        )
        found: dict[datetime, list[Reading]] = defaultdict(list)
        for _, ts_us, value, mark, late in rows:
            at = from_us(ts_us)
            found[hour_of(at)].append(Reading(at, value, mark, late, _letter_at(mine, at)))
        return found

    async def verdicts(self, rules: Sequence[str], since: datetime, until: datetime) -> list[Filed]:
        """Return the verdicts of the subject on windows that begin in the span, those amended later too."""
        rows = await self.db.fetch("explain_verdicts", subject=self.key, rules=list(rules), since=since, until=until)
        return [Filed._make(row) for row in rows]

    async def batches(self, points: Iterable[int]) -> list[Batch]:
        """Return the batches the day's readings of *points* came in."""
        rows = await self.db.fetch("explain_batches", points=sorted(points), since=self.start, until=self.start + DAY)
        return [Batch._make(row) for row in rows]

    async def versions(self, points: Iterable[int]) -> list[tuple[str, str, datetime]]:
        """Return hour or day, version of the rules it was derived by, and when last."""
        return await self.db.fetch(  # type: ignore[no-any-return]  # the driver types its rows as Any
            "explain_versions", points=sorted(points), since=self.start, until=self.start + DAY, day=self.day
        )


def _letter_at(marks: Iterable[Marked], at: datetime) -> str:
    """Return the letter of the newest mark over *at*: it prevails (announcement 2022 No. 21; house reference part II 6)."""
    held = [(mark.made_at, mark.since, mark.letter) for mark in marks if mark.since <= at < mark.until]
    return max(held)[2] if held else ""
