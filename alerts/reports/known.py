"""What the papers of one period are made of, as read at one instant of the database. Pure records.

Keys of verdicts are (rule, subject). Instants are aware UTC; days are Asia/Shanghai days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from alerts.judge.rules import Rule
from alerts.judge.subjects import Subject
from alerts.judge.windows import limit_on
from alerts.reports.period import Span
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import LIMITS
from schemas.records import Mean, Verdict
from schemas.registry.store import Registry

if TYPE_CHECKING:
    from schemas.records import Limit
    from schemas.registry.model import Site

Key = tuple[str, str]


class Filed(NamedTuple):
    """A verdict on one window, the part that is printed; *amended_at* where it is in force no more."""

    rule: str
    subject: str
    window_start: datetime
    window_end: datetime
    outcome: str
    value: float | None
    limit_value: float | None
    limit_id: str
    multiple: float | None = None
    suspected: bool = False
    why: str = ""
    note: str = ""
    standard: str = ""
    clause: str = ""
    edition: str = ""
    unit: str = ""
    verified: bool = True
    low: float | None = None
    high: float | None = None
    rule_version: str = ""
    amended_at: datetime | None = None


class Counted(NamedTuple):
    """How many windows of a subject came out so, under one limit; *rule_version*: of the last of them."""

    outcome: str
    limit_id: str
    n: int
    rule_version: str


class Stood(NamedTuple):
    """An incident that stood at some time in the period; *level*: the one it had by the period's end."""

    incident_id: int
    rule: str
    subject: str
    site_id: str
    began_at: datetime
    ended_at: datetime | None
    level: str
    title: str
    rule_zh: str


class Marked(NamedTuple):
    """A person's mark that was not taken back; half-open [since, until)."""

    mark_id: int
    site_id: str
    device_id: str
    point_ids: Sequence[int]
    kind: str
    since: datetime
    until: datetime
    reason: str
    evidence: str
    made_by: str
    made_at: datetime


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one period. What a kind of paper does not need is empty.

    *hours*, *days*, *months*: point → window → value. *filed*: verdicts on days and longer, all outcomes; *over*: the exceeding hours
    and instants; *outcomes*: how many hours came out how; *amended*: what was said before. *sums*: verdicts on sums as they
    were by the end of the period. *firsts*: point → first day with data; *watched*: day on which watching began.
    """

    span: Span
    registry: Registry
    rules: Mapping[str, Rule]
    subjects: Mapping[Key, Subject]
    hours: Mapping[int, Mapping[datetime, Mean]] = {}
    days: Mapping[int, Mapping[date, Mean]] = {}
    months: Mapping[int, Mapping[date, Mean]] = {}
    filed: Mapping[Key, Sequence[Filed]] = {}
    over: Mapping[Key, Sequence[Filed]] = {}
    outcomes: Mapping[Key, Sequence[Counted]] = {}
    amended: Mapping[Key, Sequence[Filed]] = {}
    sums: Mapping[Key, Verdict] = {}
    incidents: Mapping[str, Sequence[Stood]] = {}
    marks: Mapping[str, Sequence[Marked]] = {}
    versions: Mapping[int, frozenset[str]] = {}
    firsts: Mapping[int, date] = {}
    watched: date | None = None
    spread: Mapping[int, Mapping[float, int]] = {}
    #: Site → what is judged of it, and the numbers of its points.
    judged_of: Mapping[str, Sequence[Subject]] = {}
    points_of: Mapping[str, Sequence[int]] = {}

    def point(self, site: str, place: str, factor: str) -> int | None:
        """Return the number of a series, or None where there is none."""
        return self.registry.points.get((site, place, factor))

    def day(self, point: int | None, day: date) -> Mean | None:
        """Return the day value of a point."""
        return self.days.get(point, {}).get(day) if point is not None else None

    def month(self, point: int | None, month: date) -> Mean | None:
        """Return the month value of a point; *month*: its first day."""
        return self.months.get(point, {}).get(month) if point is not None else None

    def verdict(self, rule: str, subject: str, start: datetime) -> Filed | None:
        """Return what was judged of the window that begins at *start*, exceeding hours included."""
        for held in (self.filed, self.over):
            for one in held.get((rule, subject), ()):
                if one.window_start == start:
                    return one
        return None

    def counts(self, rule: str, subject: str) -> dict[str, int]:
        """Return outcome → number of windows."""
        found: dict[str, int] = {}
        for one in self.outcomes.get((rule, subject), ()):
            found[one.outcome] = found.get(one.outcome, 0) + one.n
        return found

    def limits(self, rule: str, subject: str) -> list[Limit]:
        """Return the limits its windows of the period were held against; where nothing was judged, the one in force on its last day."""
        ids = [one.limit_id for one in self.filed.get((rule, subject), ())]
        ids += [one.limit_id for one in self.outcomes.get((rule, subject), ())]
        ids += [one.limit_id for one in self.over.get((rule, subject), ())]
        of = self.subjects.get((rule, subject))
        permits = {one.id: one for one in of.permits} if of is not None else {}
        named = [permits.get(one) or by_id().get(one) for one in dict.fromkeys(ids)]
        found = [one for one in named if one is not None]
        if found or of is None:
            return found
        limit = limit_on(self.rules[rule], of, self.span.last, None)
        return [] if limit is None else [limit]

    def decimals(self, factor: str, *keys: Key) -> int:
        """Return with how many decimals a factor's values are shown: its limit's, else the catalogue's."""
        found = [limit.decimals for key in keys for limit in self.limits(*key)]
        return max(found, default=FACTORS[factor].decimals)


@cache
def by_id() -> dict[str, Limit]:
    """Return the limits of the catalogue by their ids."""
    return {limit.id: limit for limit in LIMITS}


def versions(known: Known, site: Site | None) -> str:
    """Return by which registry, deriving and judging rules a paper stands; *site*: its alone."""
    sites = [site.id] if site is not None else list(known.points_of)
    derived = {one for each in sites for n in known.points_of.get(each, ()) for one in known.versions.get(n, ())}
    subjects = known.judged_of.get(site.id, ()) if site is not None else known.subjects.values()
    judged = {one for subject in subjects for one in _judged_by(known, (subject.rule, subject.key)) if one}
    parts = [f"注册表 registry 第 {known.registry.version_id} 版"]
    parts += [f"计算规则 deriving {'、'.join(sorted(derived))}"] if derived else []
    parts += [f"判定规则 judging {'、'.join(sorted(judged))}"] if judged else []
    return "；".join(parts)


def _judged_by(known: Known, key: Key) -> set[str]:
    held = {one.rule_version for filed in (known.filed, known.over) for one in filed.get(key, ())}
    return held | {one.rule_version for one in known.outcomes.get(key, ())}


def of_site(known: Known, site: Site, rule: str) -> list[Subject]:
    """Return what *rule* judges of *site*, in the order of the registry."""
    return [one for one in known.judged_of.get(site.id, ()) if one.rule == rule]


__all__ = ["Counted", "Filed", "Key", "Known", "Marked", "Stood", "by_id", "of_site", "versions"]
