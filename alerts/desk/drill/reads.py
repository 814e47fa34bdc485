"""Reads all that a point's page and its exports show of a span: windows, verdicts, limits, marks, incidents, amendments."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.desk.drill import covered
from alerts.desk.drill import spot as spots
from alerts.desk.pages import chart, detail
from alerts.desk.pages.chart import Window
from schemas.catalog.enums import Basis, Level, MarkKind, Outcome
from schemas.catalog.limits import LIMITS
from schemas.times import DAY, day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.desk.drill.spans import Span
    from alerts.desk.drill.spot import Spot
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.records import Limit
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_MOST_AMENDED, _MOST_INCIDENTS = 200, 300
_ROWS = {Basis.HOUR: "desk_page_hours", Basis.DAY: "desk_page_days", Basis.MONTH: "drill_point_months"}
_LIMIT_BY_ID = {one.id: one for one in LIMITS}
#: How grave what a verdict says is, for the one that stands beside a value.
_GRAVITY = {Outcome.EXCEEDING: 3, Outcome.NOT_JUDGEABLE: 1, Outcome.COMPLIANT: 2}
WARNING = "warning"


class Said(msgspec.Struct, frozen=True):
    """What one rule says of one window. *limit*: the entry it was held against, where we know it still."""

    rule: str
    outcome: Outcome
    is_warning: bool
    limit_value: float | None
    limit: Any
    why: str
    suspected: bool = False

    @property
    def is_finding(self) -> bool:
        """Say whether it finds a breach: being near a limit is none, nor is what a sample must prove first 疑似."""
        return self.outcome is Outcome.EXCEEDING and not self.is_warning and not self.suspected


class Line(msgspec.Struct, frozen=True):
    """A limit through the windows of a span; None where none binds. *is_reference*: of another basis, reached only in part."""

    rule: str
    zh: str
    is_reference: bool
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class Marked(NamedTuple):
    """A person's mark in force; half-open [since, until)."""

    kind: str
    since: datetime
    until: datetime
    reason: str
    made_by: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All there is of *spot* in *span*. *said*: of each window what the rules say of it, the gravest first.

    *levels*, *kinds*: of each window the gravest incident and people's marks over it.
    """

    spot: Any
    span: Any
    windows: tuple[Window, ...]
    said: tuple[tuple[Said, ...], ...]
    lines: tuple[Line, ...]
    incidents: list[dict[str, Any]]
    amended: list[dict[str, Any]]
    marks: tuple[Marked, ...]
    last: tuple[datetime, float] | None
    levels: tuple[Level | None, ...]
    kinds: tuple[tuple[MarkKind, ...], ...]

    @property
    def has_data(self) -> bool:
        """Say whether any window has a value or was received."""
        return any(one.value is not None or one.n_received for one in self.windows)


async def sheet(
    db: Database,
    spot: Spot,
    span: Span,
    rules: Mapping[str, Rule],
    registry: Registry,
    *,
    until: datetime | None = None,
) -> Sheet:
    """Return all there is of *spot* in *span*; windows that begin after *until* are to come and none yet.

    Raises:
        DatabaseError: the database is away.

    """
    windows = await _windows(db, spot, span, until)
    starts = [one.start for one in windows]
    held = spots.limit_rules(spot, rules, span.basis)
    others = [one for one in spot.judged if (rule := rules.get(one.rule)) and rule.basis is span.basis]
    verdicts = await _verdicts(db, others, span)
    incidents = await _concerned(db, "drill_point_incidents", spot.concerned(), span, _MOST_INCIDENTS)
    amended = await _concerned(db, "drill_point_amended", [(one.rule, one.key) for one in others], span, _MOST_AMENDED)
    people = await marks(db, spot, registry, span.since, span.until)
    last = None
    if not any(one.value is not None for one in windows):
        rows = await db.fetch("drill_point_last", point=spot.point)
        last = rows[0] if rows else None
    return Sheet(
        spot=spot,
        span=span,
        windows=windows,
        said=_said(starts, verdicts, spot),
        lines=tuple(_line(rule, subject, starts, verdicts) for rule, subject in held),
        incidents=incidents,
        amended=amended,
        marks=people,
        last=last,
        levels=covered.levels(windows, incidents),
        kinds=covered.kinds(windows, people),
    )


async def _windows(db: Database, spot: Spot, span: Span, latest: datetime | None) -> tuple[Window, ...]:
    since: datetime | date = span.since if span.basis is Basis.HOUR else span.first
    until: datetime | date = span.until if span.basis is Basis.HOUR else span.last + DAY
    rows = await db.fetch_dicts(_ROWS[span.basis], point=spot.point, since=since, until=until)
    stored = {chart.start_of(row.pop("at")): row for row in rows}
    return tuple(
        Window(start=start, end=end, stored=start in stored, **stored.get(start, {}))
        for start, end in span.windows()
        if latest is None or start <= latest
    )


async def marks(db: Database, spot: Spot, registry: Registry, since: datetime, until: datetime) -> tuple[Marked, ...]:
    """Return people's marks in force on the point, or on what it is derived from, that touch a span."""
    points = [spot.point, *detail.raw_points(registry, spot.point)]
    rows = await db.fetch_dicts("explain_marks", points=sorted(set(points)), since=since, until=until)
    return tuple(Marked(row["kind"], row["since"], row["until"], row["reason"], row["made_by"]) for row in rows)


async def _concerned(
    db: Database, query: str, pairs: Sequence[tuple[str, str]], span: Span, at_most: int
) -> list[dict[str, Any]]:
    rules, subjects = [one[0] for one in pairs], [one[1] for one in pairs]
    asked = {"since": span.since, "until": span.until, "at_most": at_most}
    return await db.fetch_dicts(query, rules=rules, subjects=subjects, **asked) if pairs else []


async def _verdicts(db: Database, judged: Iterable[Subject], span: Span) -> dict[tuple[str, datetime], dict[str, Any]]:
    asked = list(judged)
    if not asked:
        return {}
    return await verdicts(db, asked, span.since, span.until)


async def verdicts(
    db: Database, judged: Sequence[Subject], since: datetime, until: datetime
) -> dict[tuple[str, datetime], dict[str, Any]]:
    """Return (rule, start of the window) → the verdict in force of *judged* on windows that begin in a span."""
    rows = await db.fetch_dicts(
        "drill_point_verdicts",
        rules=[one.rule for one in judged],
        subjects=[one.key for one in judged],
        since=since,
        until=until,
    )
    return {(row["rule"], row["window_start"]): row for row in rows}


def said_of(row: Mapping[str, Any], permits: Mapping[str, Limit]) -> Said:
    """Return what one verdict says."""
    limit_id = row["limit_id"]
    return Said(
        rule=row["rule"],
        outcome=Outcome(row["outcome"]),
        is_warning=row["kind"] == WARNING,
        limit_value=row["limit_value"],
        limit=_LIMIT_BY_ID.get(limit_id) or permits.get(limit_id),
        why="；".join(part for part in (row["why"], row["note"]) if part),
        suspected=bool(row.get("suspected")),
    )


def permits_of(spot: Spot) -> dict[str, Limit]:
    """Return the permits' limits on the point by id."""
    return {one.id: one for subject in spot.judged for one in subject.permits}


def _said(
    starts: Iterable[datetime], verdicts: Mapping[tuple[str, datetime], dict[str, Any]], spot: Spot
) -> tuple[tuple[Said, ...], ...]:
    permits = permits_of(spot)
    by_start: dict[datetime, list[Said]] = {}
    for (_, start), row in verdicts.items():
        by_start.setdefault(start, []).append(said_of(row, permits))
    for found in by_start.values():
        found.sort(key=_rank)
    return tuple(tuple(by_start.get(start, ())) for start in starts)


def _rank(said: Said) -> tuple[int, bool, bool, bool, int]:
    """Return how a verdict stands among those on the same window: the gravest first, then in the order of the rules."""
    order = spots.LIMIT_RULES.index(said.rule) if said.rule in spots.LIMIT_RULES else len(spots.LIMIT_RULES)
    return -_GRAVITY[said.outcome], said.is_warning, said.suspected, said.limit_value is None, order


def _line(
    rule: Rule, subject: Subject, starts: Sequence[datetime], verdicts: Mapping[tuple[str, datetime], dict[str, Any]]
) -> Line:
    """Return the limit in steps: of each window that of its verdict, else what the catalogue and the permit say of its day."""
    # The gain that a boiler in service owes counts from its own baseline (plan task 13), the values of the chart do not.
    baseline = subject.amount or 0.0
    known: dict[date, tuple[float | None, float | None]] = {}
    lows: list[float | None] = []
    highs: list[float | None] = []
    for start in starts:
        row = verdicts.get((subject.rule, start))
        if row is not None:
            low, high = _bounds(row)
        else:
            day = day_of(start)
            if day not in known:
                limit = spots.threshold(rule, subject, day)
                known[day] = (limit.low, limit.high) if limit else (None, None)
            low, high = known[day]
        lows.append(None if low is None else low + baseline)
        highs.append(high)
    is_reference = (rule.limit or rule.basis) is not rule.basis
    return Line(subject.rule, LIMIT_ZH[rule.limit or rule.basis], is_reference, tuple(lows), tuple(highs))


def _bounds(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the lower and the upper limit a verdict names; one that names neither has an upper one."""
    low, high = row["low"], row["high"]
    return (None, row["limit_value"]) if low is None and high is None else (low, high)


LIMIT_ZH = {
    Basis.INSTANT: "瞬时限值", Basis.HOUR: "小时限值", Basis.DAY: "日均限值", Basis.MONTH: "月限值", Basis.QUARTER: "季限值",
    Basis.YEAR: "年限值",
}  # fmt: skip
