"""Tables for those who account: transmission rates, loads and energy of a day, month, quarter or year, as Markdown.

The figures are those the judge uses: day and month rows, nothing computed from readings here.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.budget import budget_in_force
from alerts.judge.facts import Facts
from alerts.judge.rates import Rates, rates
from alerts.judge.subjects import CAPPED_LOADS, RATED_GAS, RATED_WATER
from schemas.catalog.energy import factor_on
from schemas.catalog.enums import CARRIER_ZH, Balance, ElectricityBasis
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import in_force
from schemas.errors import UseError
from schemas.registry import store
from schemas.registry.derived import ENERGY_BALANCE, TCE, load_factor
from schemas.times import DAY, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from schemas.records import Mean
    from schemas.registry.model import Site
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_KG_PER_T = 1000.0
_MONTHS_OF_QUARTER = 3
_PERIODS = "2026-11-20, 2026-11, 2026Q4 or 2026"


class Period(NamedTuple):
    """Shanghai days *first* to *last*, both included."""

    text: str
    first: date
    last: date


def period(text: str, today: date) -> Period:
    """Return the period *text* names, up to yesterday.

    Raises:
        UseError: it names none, or one that has not begun.

    """
    found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?|Q([1-4]))?", text)
    if found is None:
        raise UseError(f"不认识的时段 no period: {text}.", _PERIODS)
    year, month, day, quarter = (int(part) if part else None for part in found.groups())
    try:
        first = date(year or 1, (quarter - 1) * _MONTHS_OF_QUARTER + 1 if quarter else month or 1, day or 1)
    except ValueError as exc:
        raise UseError(f"没有这一天 no such day: {text}.", _PERIODS) from exc
    after = first + DAY if day else date(first.year + 1, 1, 1)
    if (month or quarter) and not day:
        after = first
        for _ in range(_MONTHS_OF_QUARTER if quarter else 1):
            after = next_month(after)
    last = min(after, today) - DAY
    if last < first:
        raise UseError(f"该时段尚无完整的一天 the period has no whole day yet: {text}.", "a period up to yesterday")
    return Period(text, first, last)


async def report(db: Database, what: str, of: Period) -> str:
    """Return the table *what* (rates, loads or energy).

    Raises:
        UseError: there is no such table, no registry, or loads and energy are asked for less than a month.

    """
    makers = {"rates": _rates, "loads": _loads, "energy": _energy}
    if what not in makers:
        raise UseError(f"没有这张表 no such table: {what}.", "rates, loads or energy")
    if what != "rates" and (of.first.day != 1 or len(of.text) == len("2026-11-20")):
        raise UseError("排放量与能耗按月、季、年统计 (by month, quarter or year).", "2026-11, 2026Q4 or 2026")
    async with db.transaction():
        registry = await store.current(db)
        if registry is None:
            raise UseError("尚无注册表 (no registry is applied).", "monitor registry apply FILE")
        rows = [row async for row in makers[what](Facts(db), registry, of)]
    head, body = rows[0], rows[1:]
    lines = [f"{of.text}（{of.first} – {of.last}，北京时间）", "", _line(head), _line(["---"] * len(head))]
    return "\n".join([*lines, *map(_line, body)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _places(site: Site) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    yield from ((one.id, one.name, one.device, RATED_WATER) for one in site.outlets)
    yield from ((one.id, one.name, one.device, RATED_GAS) for one in site.stacks)


async def _rates(facts: Facts, registry: Registry, of: Period) -> AsyncIterator[list[str]]:
    yield [
        "排放口 outlet",
        "因子 factor",
        "应传 due h",
        "有效 valid h",
        "传输率",
        "有效率",
        "传输有效率",
        "其中即时 prompt",
    ]
    county: list[Mean] = []
    due_days = 0
    for site in registry.document.sites:
        for place, name, device, factors in _places(site):
            points = {f: n for f in factors if (n := registry.points.get((site.id, device, f))) is not None}
            first = await facts.first_data_day(points.values()) if points else None
            begin = of.first if first is None else max(of.first, first + DAY)
            if first is None or begin > of.last:
                yield [f"{site.name} {name}", "—", "0", "0", "—", "—", "—", "—"]
                continue
            held = await facts.day_span(points.values(), begin, of.last)
            n_days = (of.last - begin).days + 1
            for factor, number in points.items():
                means = [mean for _, mean in held[number]]
                yield [f"{site.name} {place}", FACTORS[factor].zh, *_told(means, n_days)]
            every = [mean for number in points.values() for _, mean in held[number]]
            county += every
            due_days += n_days * len(points)
            yield [f"**{site.name} {place}**", "**合计**", *_told(every, n_days * len(points))]
    yield [f"**{registry.document.county.name}**", "**合计**", *_told(county, due_days)]


def _told(means: list[Mean], n_days: int) -> list[str]:
    full, prompt = rates(means, n_days, prompt=False), rates(means, n_days, prompt=True)
    return [str(full.due), str(full.valid), *_shares(full), _share(prompt.effective)]


def _shares(one: Rates) -> list[str]:
    return [_share(one.transmission), _share(one.validity), _share(one.effective)]


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.2%}"


async def _loads(facts: Facts, registry: Registry, of: Period) -> AsyncIterator[list[str]]:
    yield [
        "排放口 outlet",
        "因子 factor",
        "排放量 load t",
        "其中实测 measured t",
        "替代 substituted t",
        "许可/控制量 allowed t/a",
        "说明",
    ]
    total: dict[str, list[float]] = {}
    for site in registry.document.sites:
        for place, name, _, factors in _places(site):
            for factor in factors:
                number = registry.points.get((site.id, place, load_factor(factor)))
                if number is None:
                    continue
                months = (await facts.month_span([number], of.first, month_start(of.last)))[number]
                tonnes = _sum(mean.value for _, mean in months)
                measured = _sum(mean.low for _, mean in months)
                total.setdefault(factor, []).append(tonnes)
                allowed = [
                    one.high for one in site.permits if (one.outlet, one.factor, one.basis) == (place, factor, "year")
                ]
                notes = "；".join(dict.fromkeys(mean.note for _, mean in months if mean.note))
                yield [
                    f"{site.name} {name}", FACTORS[factor].zh, f"{tonnes:.3f}", f"{measured:.3f}",
                    f"{tonnes - measured:.3f}", f"{allowed[-1]:g}" if allowed else "—", notes or "—",
                ]  # fmt: skip
    for factor, parts in total.items():
        cap = (
            in_force("county", load_factor(factor), "year", day=of.last, built=of.first)
            if factor in CAPPED_LOADS
            else None
        )
        yield [
            f"**{registry.document.county.name}（在线监测部分）**", FACTORS[factor].zh, f"**{math.fsum(parts):.3f}**", "", "",
            f"{cap.high:g}" if cap and cap.high else "—", "",
        ]  # fmt: skip


def _sum(kilograms: Iterable[float | None]) -> float:
    return math.fsum(one for one in kilograms if one is not None) / _KG_PER_T


async def _energy(facts: Facts, registry: Registry, of: Period) -> AsyncIterator[list[str]]:
    yield ["单位 unit", "品种 carrier", "消费量 amount", "折标系数 kgce", "tce", "说明"]
    county: list[float] = []
    for site in registry.document.sites:
        tce = registry.points.get((site.id, ENERGY_BALANCE, TCE))
        if tce is None:
            continue
        budget = budget_in_force(site.budgets, of.last)
        basis = budget.electricity if budget else ElectricityBasis.CALORIFIC
        for device in site.devices:
            for point in device.points:
                if point.carrier is None or point.balance is Balance.NONE:
                    continue
                number = registry.points[site.id, device.id, point.factor]
                months = (await facts.month_span([number], of.first, month_start(of.last)))[number]
                amount = math.fsum(mean.value for _, mean in months if mean.value is not None)
                row = factor_on(point.carrier, basis, of.last, lhv_kj=point.lhv_kj)
                sign = -1 if point.balance is Balance.OUT else 1
                notes = "；".join(dict.fromkeys(mean.note for _, mean in months if mean.note))
                yield [
                    site.name, CARRIER_ZH[point.carrier], f"{sign * amount:.1f} {FACTORS[point.factor].unit}", f"{row.kgce:g}",
                    f"{sign * amount * row.kgce / _KG_PER_T:.2f}", notes or "—",
                ]  # fmt: skip
        months = (await facts.month_span([tce], of.first, month_start(of.last)))[tce]
        total = math.fsum(mean.value for _, mean in months if mean.value is not None)
        county.append(total)
        allowed = (
            f"年度预算 {budget.annual_tce:g} tce，电力按{'当量值' if basis is ElectricityBasis.CALORIFIC else '等价值'}"
            if budget
            else "—"
        )
        yield [f"**{site.name}**", "**综合能耗**", "", "", f"**{total:.2f}**", allowed]
    cap = registry.document.county.energy_cap_tce
    yield [
        f"**{registry.document.county.name}（在线监测部分）**", "**综合能耗**", "", "", f"**{math.fsum(county):.2f}**",
        f"总量控制 {cap:g} tce/a" if cap else "—",
    ]  # fmt: skip
