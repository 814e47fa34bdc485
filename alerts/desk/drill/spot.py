"""One point of the registry: what it is called, whose it is, who judges it, and the limits that bind it. Pure."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.silence import OFFLINE, SITE_OFFLINE, device_key
from alerts.judge.subjects import Subject, subjects
from alerts.judge.suspects import suspects
from alerts.judge.windows import limit_on
from schemas.catalog.enums import Basis, ElectricityBasis
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import LIMITS
from schemas.records import Limit
from schemas.registry.derived import ENERGY_BALANCE, PointKey, converted_factor
from schemas.registry.model import Site
from schemas.registry.store import Registry
from schemas.times import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alerts.judge.rules import Rule

#: Rules that hold single windows of a point against a legal limit, the gravest first.
LIMIT_RULES = (
    "sewage_day",
    "air_hour",
    "boiler_efficiency",
    "boiler_progress",
    "sewage_instant",
    "sewage_ph",
    "sewage_hour",
)
#: Water at and above the temperature that decides over ammonia's limit, and unknown.
_TEMPERATURES = (None, 0.0, 30.0)


class Spot(NamedTuple):
    """A point. *sent*: what the registry says of a series a device sends (seconds between readings), None of a derived one."""

    key: PointKey
    point: int
    site: Site | None
    place_name: str
    name: str
    unit: str
    decimals: int
    interval_s: int | None
    #: The device behind it: itself, or that of the outlet, stack or boiler; "" where there are several.
    device: str
    judged: tuple[Subject, ...]
    suspected: tuple[Subject, ...]

    @property
    def title(self) -> str:
        """Site, place and factor."""
        return " ".join([self.site.name if self.site else self.key[0], self.place_name, self.name])

    @property
    def is_sent(self) -> bool:
        """Say whether a device sends it."""
        return self.interval_s is not None

    def concerned(self) -> list[tuple[str, str]]:
        """Return (rule, subject) of all incidents that speak of this point: its verdicts, suspicions, its device's silence."""
        own = [(one.rule, one.key) for one in (*self.judged, *self.suspected)]
        silent = [(OFFLINE, device_key(self.key[0], self.device))] if self.device else []
        return [*dict.fromkeys([*own, *silent, (SITE_OFFLINE, self.key[0])])]


class Binding(NamedTuple):
    """One limit that binds a point in some of the days asked for."""

    value: str
    limit: Limit


def find(registry: Registry, asked: PointKey, today: date) -> Spot | None:
    """Return the point with the key *asked*; the key of what judges it is understood as well. None: there is none."""
    site = next((one for one in registry.document.sites if one.id == asked[0]), None)
    key = _meant(registry, site, asked)
    if key is None:
        return None
    factor = FACTORS.get(key[2])
    device = _device(site, key[1])
    sent = next((one for one in site.devices if one.id == key[1]), None) if site else None
    series = next((one for one in sent.points if one.factor == key[2]), None) if sent else None
    number = registry.points[key]
    judged, suspected = _subjects(registry, site, number, today) if site else ((), ())
    return Spot(
        key=key,
        point=number,
        site=site,
        place_name=_place_name(site, key[1]),
        name=factor.zh if factor else key[2],
        unit=factor.unit if factor else "",
        decimals=factor.decimals if factor else 2,
        interval_s=series.interval_s if series else None,
        device=device,
        judged=judged,
        suspected=suspected,
    )


def _meant(registry: Registry, site: Site | None, asked: PointKey) -> PointKey | None:
    """Return the key that is there: subjects are named by their outlet or stack, readings by their device."""
    tried = [asked, (asked[0], asked[1], converted_factor(asked[2]))]
    tried += [(asked[0], one.device, asked[2]) for one in site.outlets if one.id == asked[1]] if site else []
    return next((one for one in tried if one in registry.points), None)


def _subjects(
    registry: Registry, site: Site, number: int, today: date
) -> tuple[tuple[Subject, ...], tuple[Subject, ...]]:
    # The county's own sums are no single point's matter; of a thousand sites one is enough.
    alone = Registry(registry.version_id, registry.document.model_copy(update={"sites": [site]}), registry.points)
    plain = [one for one in subjects(alone, today) if one.site_id == site.id]
    judged = [one for one in plain if one.point_id == number and one.factor]
    suspected = [one for one in suspects(alone, plain) if one.point_id == number]
    return tuple(judged), tuple(suspected)


def _device(site: Site | None, place: str) -> str:
    if site is None:
        return ""
    held = {
        **{one.id: one.device for one in site.outlets},
        **{one.id: one.device for one in site.stacks},
        **{one.id: one.device for one in site.boilers},
    }
    return held.get(place, "" if place == ENERGY_BALANCE else place)


def _place_name(site: Site | None, place: str) -> str:
    if place == ENERGY_BALANCE:
        return "能源平衡"
    if site is None:
        return place
    named = {
        **{one.id: one.name for one in site.devices},
        **{one.id: one.name for one in site.outlets},
        **{one.id: one.name for one in site.stacks},
        **{one.id: one.name for one in site.boilers},
    }
    return named.get(place, place)


def limit_rules(spot: Spot, rules: Mapping[str, Rule], basis: Basis) -> list[tuple[Rule, Subject]]:
    """Return the rules that hold this point's windows of *basis* against a limit, the gravest first.

    The instant limit of pH is held against hours too; its single readings stand in no chart of windows.
    """
    mine = {one.rule: one for one in spot.judged}
    return [
        (rules[name], mine[name])
        for name in LIMIT_RULES
        if name in mine and name in rules and rules[name].basis is basis
    ]


def threshold(rule: Rule, subject: Subject, day: date) -> Limit | None:
    """Return the limit that binds on *day* where no verdict says it yet; of ammonia the stricter, as without a temperature."""
    return limit_on(rule, subject, day, None)


def bounds(spot: Spot, rules: Mapping[str, Rule], first: date, last: date) -> list[Binding]:
    """Return all limits that bind the point on some of the days *first* to *last*: standards, permits, budgets."""
    found: dict[str, Binding] = {}
    for subject in spot.judged:
        rule = rules.get(subject.rule)
        if rule is not None and subject.rule in LIMIT_RULES:
            for day in _days(subject, first, last):
                for limit in _on(rule, subject, day):
                    found.setdefault(limit.id, _bound(limit, subject))
        held = [*subject.permits, *_budgets(subject)]
        found |= {one.id: _bound(one, subject) for one in held if _overlaps(one, first, last)}
    return sorted(found.values(), key=lambda one: (_ORDER[one.limit.basis], one.limit.valid_from, one.limit.id))


_ORDER = {basis.value: place for place, basis in enumerate(Basis)}


def _on(rule: Rule, subject: Subject, day: date) -> Iterator[Limit]:
    # Ammonia has two, by the water's temperature: both bind, each in its water.
    for temperature in _TEMPERATURES if subject.water_temp_id is not None else (None,):
        limit = limit_on(rule, subject, day, temperature)
        if limit is not None:
            yield limit


def _days(subject: Subject, first: date, last: date) -> list[date]:
    """Return the first day, and those on which another limit may begin to bind."""
    begun = {one.valid_from for one in (*LIMITS, *subject.permits)}
    found = {date.fromisoformat(one) for one in begun if first.isoformat() < one <= last.isoformat()}
    ended = {date.fromisoformat(one.valid_to) + DAY for one in subject.permits if one.valid_to}
    return sorted({first, *found, *(one for one in ended if first < one <= last)})


def _budgets(subject: Subject) -> list[Limit]:
    """Return a unit's budgets as limits of a year, each until the next one replaces it (plan tasks 12, 40)."""
    held = sorted(subject.budgets, key=lambda one: one.valid_from)
    ends = {one.valid_from: after.valid_from - DAY for one, after in pairwise(held)}
    return [
        Limit(
            id=f"budget.{subject.site_id}.{one.valid_from}", scope=f"budget-{subject.site_id}", factor=subject.factor,
            basis=Basis.YEAR.value, unit="tce", decimals=0, standard="用能预算", clause=ELECTRICITY_ZH[one.electricity],
            edition=str(one.valid_from.year), task=12, source="注册表登记的用能预算 as registered", verified=True,
            valid_from=one.valid_from.isoformat(), high=one.annual_tce,
            valid_to=ends[one.valid_from].isoformat() if one.valid_from in ends else None,
        )
        for one in held
    ]  # fmt: skip


def _overlaps(limit: Limit, first: date, last: date) -> bool:
    return limit.valid_from <= last.isoformat() and (limit.valid_to or "9999-12-31") >= first.isoformat()


def _bound(limit: Limit, subject: Subject) -> Binding:
    if subject.amount is not None and limit.low is not None:
        return Binding(f"≥ 基线 {subject.amount:g} % + {limit.low:g} 个百分点", limit)
    return Binding(allowed(limit), limit)


def allowed(limit: Limit) -> str:
    """Return what *limit* allows, in words."""
    low, high = (None if one is None else f"{one:.{limit.decimals}f}" for one in (limit.low, limit.high))
    if low is not None and high is not None:
        return f"{low}–{high} {limit.unit}".strip()
    return f"{'≥ ' + low if low is not None else '≤ ' + (high or '')} {limit.unit}".strip()


#: By which coefficient a budget counts electricity (GB/T 2589-2020).
ELECTRICITY_ZH = {ElectricityBasis.CALORIFIC: "电力按当量值", ElectricityBasis.EQUIVALENT: "电力按等价值"}
