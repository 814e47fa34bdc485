"""Tables for those who account: transmission rates, loads and energy of a day, month, quarter or year, as Markdown.

The figures are those the judge uses: day and month rows, nothing computed from readings here. The reckoning is that of the papers
(alerts.reports); a table of this command is of any period, and up to yesterday.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from alerts.judge.budget import budget_in_force
from alerts.judge.facts import Facts
from alerts.judge.subjects import CAPPED_LOADS
from alerts.reports.energy import BASIS_ZH, basis_of, consumed, meters, total
from alerts.reports.loads import loads_of, numbers
from alerts.reports.period import Span, days_of
from alerts.reports.rates import Window, rated, rated_points
from schemas.catalog.enums import CARRIER_ZH
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import in_force
from schemas.errors import UseError
from schemas.records import WATCHING_SINCE
from schemas.registry import store
from schemas.registry.derived import ENERGY_BALANCE, TCE, load_factor
from schemas.times import DAY, day_of, month_start

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from datetime import date

    from alerts.judge.rates import Rates
    from schemas.records import Mean
    from schemas.registry.model import Site
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database


def period(text: str, today: date) -> Span:
    """Return the day, month, quarter or year *text* names, up to yesterday.

    Raises:
        UseError: it names none, or one that has not begun.

    """
    first, last = days_of(text)
    until = min(last, today - DAY)
    if until < first:
        raise UseError(f"该时段尚无完整的一天 the period has no whole day yet: {text}.", "a period up to yesterday")
    return Span(text, first, until, running=until < last)


async def report(db: Database, what: str, of: Span) -> str:
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
        rows = [row async for row in makers[what](db, registry, of)]
    head, body = rows[0], rows[1:]
    lines = [f"{of.text}（{of.first} – {of.last}，北京时间）", "", _line(head), _line(["---"] * len(head))]
    return "\n".join([*lines, *map(_line, body)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


async def _rates(db: Database, registry: Registry, of: Span) -> AsyncIterator[list[str]]:
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
    sites = registry.document.sites
    points = sorted({n for site in sites for *_, held in rated_points(registry, site) for n in held.values()})
    days = {n: dict(held) for n, held in (await Facts(db).day_span(points, of.first, of.last)).items()}
    since = await db.fetch("progress_get", what=WATCHING_SINCE)
    window = Window(
        of.first, of.last, dict(await db.fetch("report_first", points=points)), day_of(since[0][0]) if since else None
    )
    for one in rated(registry, sites, days, window):
        if one.site is None:
            told = _told(one.full, one.prompt) if one.full and one.prompt else ["0", "0", *"————"]
            yield [f"**{registry.document.county.name}**", "**合计**", *told]
        elif one.full is None or one.prompt is None:
            yield [f"{one.site.name} {one.place_name}", "—", "0", "0", *"————"]
        elif one.factor:
            yield [f"{one.site.name} {one.place}", FACTORS[one.factor].zh, *_told(one.full, one.prompt)]
        else:
            yield [f"**{one.site.name} {one.place}**", "**合计**", *_told(one.full, one.prompt)]


def _told(full: Rates, prompt: Rates) -> list[str]:
    shares = (full.transmission, full.validity, full.effective, prompt.effective)
    return [str(full.due), str(full.valid), *("—" if one is None else f"{one:.2%}" for one in shares)]


async def _loads(db: Database, registry: Registry, of: Span) -> AsyncIterator[list[str]]:
    yield [
        "排放口 outlet",
        "因子 factor",
        "排放量 load t",
        "其中实测 measured t",
        "替代 substituted t",
        "许可/控制量 allowed t/a",
        "说明",
    ]
    sites = registry.document.sites
    months = await _months(db, numbers(registry, sites), of)
    sums: dict[str, list[float]] = {}
    for site in sites:
        for one in loads_of(registry, site, months, of.first, of.last):
            sums.setdefault(one.factor, []).append(one.tonnes or 0.0)
            rest = None if one.tonnes is None or one.measured is None else one.tonnes - one.measured
            yield [
                f"{site.name} {one.place_name}", FACTORS[one.factor].zh, _t(one.tonnes), _t(one.measured), _t(rest),
                f"{one.permit.high:g}" if one.permit else "—", one.note or "—",
            ]  # fmt: skip
    for factor, parts in sums.items():
        is_capped = factor in CAPPED_LOADS
        cap = in_force("county", load_factor(factor), "year", day=of.last, built=of.first) if is_capped else None
        yield [
            f"**{registry.document.county.name}（在线监测部分）**", FACTORS[factor].zh, f"**{math.fsum(parts):.3f}**", "", "",
            f"{cap.high:g}" if cap and cap.high else "—", "",
        ]  # fmt: skip


def _t(tonnes: float | None) -> str:
    return "—" if tonnes is None else f"{tonnes:.3f}"


async def _months(db: Database, points: Iterable[int], of: Span) -> dict[int, dict[date, Mean]]:
    held = await Facts(db).month_span(points, of.first, month_start(of.last))
    return {number: dict(months) for number, months in held.items()}


async def _energy(db: Database, registry: Registry, of: Span) -> AsyncIterator[list[str]]:
    yield ["单位 unit", "品种 carrier", "消费量 amount", "折标系数 kgce", "tce", "说明"]
    county: list[float] = []
    for site in registry.document.sites:
        tce = registry.points.get((site.id, ENERGY_BALANCE, TCE))
        if tce is None:
            continue
        months = await _months(db, [tce, *(one.number for one in meters(registry, site))], of)
        for row in _carriers(registry, site, months, of):
            yield row
        used = total(months.get(tce, {}), of.first, of.last)
        county.append(used or 0.0)
        budget = budget_in_force(site.budgets, of.last)
        allowed = f"年度预算 {budget.annual_tce:g} tce，电力按{BASIS_ZH[budget.electricity]}" if budget else "—"
        shown = "—" if used is None else f"**{used:.2f}**"
        yield [f"**{site.name}**", "**综合能耗**", "", "", shown, allowed]
    cap = registry.document.county.energy_cap_tce
    yield [
        f"**{registry.document.county.name}（在线监测部分）**", "**综合能耗**", "", "", f"**{math.fsum(county):.2f}**",
        f"总量控制 {cap:g} tce/a" if cap else "—",
    ]  # fmt: skip


def _carriers(registry: Registry, site: Site, months: dict[int, dict[date, Mean]], of: Span) -> Iterable[list[str]]:
    for meter in meters(registry, site):
        held = [mean for _, mean in sorted(months.get(meter.number, {}).items())]
        one = consumed(meter, held, basis_of(site, of.last), of.last)
        unit = FACTORS[meter.point.factor].unit
        yield [
            site.name, CARRIER_ZH[one.coal.carrier], "—" if one.amount is None else f"{one.amount:.1f} {unit}",
            f"{one.coal.kgce:g}", "—" if one.tce is None else f"{one.tce:.2f}", one.note or "—",
        ]  # fmt: skip
