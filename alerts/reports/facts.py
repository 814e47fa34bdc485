"""Reads all that the papers of one period need, for all sites at once: a handful of queries, however many sites there are.

To be called inside a transaction that sees one instant (query ``explain_snapshot``).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from alerts.judge import rules
from alerts.judge.accounts import Accounts
from alerts.judge.facts import Facts
from alerts.judge.subjects import RATED_GAS, RATED_WATER, subjects
from alerts.reports.known import Counted, Filed, Known, Marked, Stood
from alerts.reports.paper import Kind
from schemas.errors import UseError
from schemas.records import WATCHING_SINCE, Mean, mean_of
from schemas.registry.derived import EFFICIENCY, ENERGY_BALANCE, TCE, load_factor, point_keys
from schemas.registry.model import Document
from schemas.registry.store import Registry
from schemas.times import day_of, day_start, month_start

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from alerts.judge.facts import Days
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from alerts.reports.known import Key
    from alerts.reports.period import Span
    from schemas.records import Verdict
    from schemas.runtime.database import Database

#: Step of the spread of efficiencies, in points of %.
SPREAD_STEP = 2.0
_BY_DAY = ("sewage_day",)
_BY_HOUR = ("air_hour", "boiler_efficiency", "sewage_instant")
_BREACHES = (*_BY_HOUR, "sewage_ph")
_SUMS = {
    Kind.DAY: ("energy_budget",),
    Kind.MONTH: ("energy_budget", "energy_cap", "load_permit", "load_cap", "data_rate", "boiler_progress"),
    Kind.BUDGETS: ("energy_budget", "energy_year", "energy_cap"),
    Kind.RATES: ("data_rate",),
    Kind.PUBLICITY: ("energy_budget", "energy_year", "energy_cap", "load_cap", "data_rate", "boiler_progress"),
}
_RATED = (*RATED_WATER, *RATED_GAS)


class Held(Facts):
    """Day and month values that were read already, for those who judge sums: no query more."""

    def __init__(self, days: Mapping[int, Mapping[date, Mean]], months: Mapping[int, Mapping[date, Mean]], *,
                 firsts: Mapping[int, date], watched: date | None) -> None:  # fmt: skip
        self._days, self._months, self._firsts, self._watched = days, months, firsts, watched

    async def day_span(self, points: Iterable[int], since: date, until: date) -> Days:
        """Return point → its days from *since* to *until*, both included, oldest first."""
        return _spanned(self._days, points, since, until)

    async def month_span(self, points: Iterable[int], since: date, until: date) -> Days:
        """Return point → its months from *since* to *until* (first days), both included, oldest first."""
        return _spanned(self._months, points, since, until)

    async def first_day(self, points: Iterable[int]) -> date | None:
        """Return the first day on which any of *points* had data while we watched, or None."""
        first = min((self._firsts[one] for one in points if one in self._firsts), default=None)
        return None if first is None or self._watched is None else max(self._watched, first)


def _spanned(held: Mapping[int, Mapping[date, Mean]], points: Iterable[int], since: date, until: date) -> Days:
    found: Days = defaultdict(list)
    for point in points:
        found[point] = [(day, mean) for day, mean in held.get(point, {}).items() if since <= day <= until]
    return found


async def read_registry(db: Database, span: Span) -> Registry:
    """Return the registry in force at the end of *span*; where none was yet, the first there ever was.

    Raises:
        UseError: none was ever applied.

    """
    rows = await db.fetch("report_registry", at=span.until)
    if not rows:
        raise UseError("尚无注册表 (no registry is applied).", "monitor registry apply FILE")
    document = Document.model_validate(rows[0][1])
    points = {(site, place, factor): number for site, place, factor, number in await db.fetch("point_list")}
    # A series that was numbered never has no rows: a number that no row has.
    points |= {key: -n for n, key in enumerate(point_keys(document), 1) if key not in points}
    return Registry(rows[0][0], document, points)


async def read(
    db: Database,
    kind: Kind,
    span: Span,
    registry: Registry,
    sites: Collection[str] | None = None,
    by: Mapping[str, Rule] | None = None,
) -> Known:
    """Return what the papers of *kind* and *span* are made of under *registry*; with *sites* of those alone, and no county's sums."""
    wanted = {one.id for one in registry.document.sites if sites is None or one.id in sites}
    # The county's sums are of all sites: not judged where only some are read.
    judged = [one for one in subjects(registry, span.last) if (one.site_id in wanted if one.site_id else sites is None)]
    reader = _Reader(db, kind, span, registry, wanted, judged)
    if by is not None:
        reader.rules = by
    await reader.values()
    await reader.said()
    return await reader.known()


class _Reader:
    """Gathers one period."""

    def __init__(
        self, db: Database, kind: Kind, span: Span, registry: Registry, sites: set[str], judged: list[Subject]
    ) -> None:
        self._db, self._kind, self._span, self._registry = db, kind, span, registry
        self._sites, self._judged = sites, judged
        self.rules: Mapping[str, Rule] = rules.load()
        self._points_of: dict[str, list[int]] = defaultdict(list)
        living = set(point_keys(registry.document))
        for key, number in registry.points.items():
            if key in living and key[0] in sites:
                self._points_of[key[0]].append(number)
        self._found: dict[str, Any] = {}
        self._versions: dict[int, set[str]] = defaultdict(set)
        self._days: dict[int, dict[Any, Mean]] = defaultdict(dict)
        self._months: dict[int, dict[Any, Mean]] = defaultdict(dict)

    def _numbers(self, *factors: str, place: str = "") -> list[int]:
        """Return the numbers of the points of *factors*; with *place*, of the series under it alone."""
        return sorted(
            number
            for (site, at, factor), number in self._registry.points.items()
            if site in self._sites and factor in factors and (not place or at == place)
        )

    async def values(self) -> None:
        """Read hours, days and months."""
        span, kind = self._span, self._kind
        every = sorted(number for numbers in self._points_of.values() for number in numbers)
        if kind is Kind.DAY:
            self._found["hours"] = await self._series("report_hours", every, since=span.since, until=span.until)
        if kind in {Kind.DAY, Kind.MONTH}:
            await self._more_days(every, span.first)
        if kind in {Kind.RATES, Kind.PUBLICITY}:
            await self._more_days(self._numbers(*_RATED), span.first)
        tce = self._numbers(TCE, place=ENERGY_BALANCE)
        since = month_start(span.first) if kind is Kind.DAY else date(span.first.year, 1, 1)
        if kind in _SUMS and kind is not Kind.RATES:
            await self._more_days(tce, since)
        if kind in {Kind.MONTH, Kind.PUBLICITY}:
            loads = [load_factor(one) for one in _RATED]
            await self._more_months(self._numbers(TCE, EFFICIENCY, *loads), date(span.first.year, 1, 1))
        if kind is Kind.MONTH:
            await self._more_months(every, span.first)
            boilers = self._numbers(EFFICIENCY)
            rows = await self._db.fetch(
                "report_spread", points=boilers, since=span.since, until=span.until, step=SPREAD_STEP
            )
            spread: dict[int, dict[float, int]] = defaultdict(dict)
            for point, bottom, n in rows:
                spread[point][bottom] = n
            self._found["spread"] = spread
        if kind is not Kind.BUDGETS:
            await self._firsts()

    async def _series(self, query: str, points: list[int], **span: object) -> dict[int, dict[Any, Mean]]:
        found: dict[int, dict[Any, Mean]] = defaultdict(dict)
        for point, at, *columns, version in await self._db.fetch(query, points=points, **span):
            found[point][at] = mean_of(columns)
            self._versions[point].add(version)
        return found

    async def _more_days(self, points: list[int], since: date) -> None:
        found = await self._series("report_days", points, first=since, last=self._span.last)
        for point, days in found.items():
            self._days[point] = days if len(days) > len(self._days[point]) else self._days[point]

    async def _more_months(self, points: list[int], since: date) -> None:
        span = {"since": since, "until": month_start(self._span.last)}
        for point, month, *columns in await self._db.fetch("monthly_between", points=points, **span):
            self._months[point][month] = mean_of(columns)

    async def _firsts(self) -> None:
        rows = await self._db.fetch("report_first", points=self._numbers(*_RATED))
        since = await self._db.fetch("progress_get", what=WATCHING_SINCE)
        self._found |= {"firsts": dict(rows), "watched": day_of(since[0][0]) if since else None}

    async def said(self) -> None:
        """Read verdicts, incidents and marks."""
        kind, span = self._kind, self._span
        if kind in {Kind.DAY, Kind.MONTH, Kind.PUBLICITY}:
            self._found["filed"] = await self._filed("report_verdicts", _BY_DAY)
            self._found["over"] = await self._filed("report_exceeding", _BREACHES)
            rows = await self._db.fetch("report_outcomes", **self._asked(_BY_HOUR))
            outcomes: dict[Key, list[Counted]] = defaultdict(list)
            for rule, subject, *columns in rows:
                outcomes[rule, subject].append(Counted._make(columns))
            self._found["outcomes"] = outcomes
        if kind is Kind.EXCEEDANCES:
            self._found["filed"] = await self._filed("report_exceeding", _BY_DAY)
            self._found["over"] = await self._filed("report_exceeding", _BREACHES)
        if kind in {Kind.DAY, Kind.MONTH, Kind.EXCEEDANCES}:
            self._found["amended"] = await self._filed("report_amended", (*_BY_DAY, *_BREACHES))
            incidents = await self._db.fetch("report_incidents", since=span.since, until=span.until)
            self._found["incidents"] = _by_site(map(Stood._make, incidents))
        if kind in {Kind.DAY, Kind.MONTH}:
            marks = await self._db.fetch("report_marks", since=span.since, until=span.until)
            self._found["marks"] = _by_site(map(Marked._make, marks))

    def _asked(self, names: tuple[str, ...]) -> dict[str, object]:
        asked = [(one.rule, one.key) for one in self._judged if one.rule in names]
        return {
            "rules": [rule for rule, _ in asked],
            "subjects": [subject for _, subject in asked],
            "since": self._span.since,
            "until": self._span.until,
        }

    async def _filed(self, query: str, names: tuple[str, ...]) -> dict[Key, list[Filed]]:
        found: dict[Key, list[Filed]] = defaultdict(list)
        for row in await self._db.fetch(query, **self._asked(names)):
            found[row[0], row[1]].append(Filed._make(row))
        return found

    async def known(self) -> Known:
        """Return all that was read, with the verdicts on sums as they are by the end of the period."""
        judged_of: dict[str, list[Subject]] = defaultdict(list)
        for one in self._judged:
            judged_of[one.site_id].append(one)
        return Known(
            span=self._span,
            registry=self._registry,
            rules=self.rules,
            subjects={(one.rule, one.key): one for one in self._judged},
            days=self._days,
            months=self._months,
            sums=await self._sums(),
            versions={point: frozenset(held) for point, held in self._versions.items()},
            judged_of=judged_of,
            points_of=self._points_of,
            **self._found,
        )

    async def _sums(self) -> dict[Key, Verdict]:
        """Judge sums by the very code of the judge, as on the morning after the period's last day."""
        names = _SUMS.get(self._kind, ())
        held = Held(
            self._days, self._months,
            firsts=self._found.get("firsts", {}), watched=self._found.get("watched"),
        )  # fmt: skip
        start = day_start(self._span.last)
        wanted = {one: [start] for one in self._judged if one.rule in names}
        found = await Accounts(held, self._span.until).judge(wanted)
        return {(one.rule, one.subject): one for one in found}


def _by_site(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.site_id].append(row)
    return found
