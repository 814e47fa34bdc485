"""目标完成情况公示 (plan tasks 39, 41, 43): what the public may read of key units' targets and their completion. Pure.

`alerts.reports.disclosure.PUBLIC` is the whole list of what is ever public: a table is built from it alone, and a value without its column
there is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.judge.subjects import DAY_FACTORS
from alerts.reports.budgets import used_of
from alerts.reports.caps import cap_verdicts
from alerts.reports.cells import DASH, allowed, count, figure, multiple, share, text
from alerts.reports.disclosure import PUBLIC
from alerts.reports.known import versions
from alerts.reports.paper import COUNTY, Column, Kind, Paper, Table, Tone
from alerts.reports.rates import rates_of
from alerts.reports.sections_boiler import gain_of
from schemas.catalog.enums import FUEL_ZH, SITE_KIND_ZH, Outcome
from schemas.catalog.factors import FACTORS
from schemas.catalog.validity import number
from schemas.registry.derived import EFFICIENCY, TCE, converted_factor
from schemas.times import day_of, month_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from alerts.reports.known import Filed, Known
    from alerts.reports.paper import Cell
    from schemas.records import Verdict
    from schemas.registry.model import Boiler, Outlet, Site, Stack

#: So many units at least stand behind a sum of energy that is shown, lest one of them be told from it (house convention after the
#: statistics law's ban on figures from which a single respondent can be recognised).
LEAST_UNITS = 3


_CLASS_ZH = {"GB18918-1A": "GB 18918-2002 一级A", "GB18918-1B": "GB 18918-2002 一级B"}
_NOTES = (
    "公示依据：县“十三五”节能减排综合工作方案任务39、41、43",
    "达标率＝达标天数（小时数）/有效天数（小时数）；数据不全的日期不计入有效天数，既不算达标也不算超标",
    "超标天数以有效日均值（废水）、有效小时均值（废气）的判定为准；疑似情况未经核实，不公布",
    "用能情况只公布比率；总量控制为在线监测部分合计，非全县统计口径",
    "数据可能因补传、标记或注册表更正而修订，以最新公布为准",
)


def publicity_paper(known: Known) -> Paper:
    """Return what the public may read of the month."""
    county = known.registry.document.county.name
    makers = (_caps, _sewage, _stacks, _boilers, _budgets, _rates)
    tables = tuple(
        public_table(title, list(make(known))) for title, make in zip(PUBLIC, makers, strict=True)
    )  # fmt: skip
    return Paper(
        kind=Kind.PUBLICITY, scope=COUNTY, scope_name=county, period=known.span.text, first=known.span.first,
        last=known.span.last, title=f"{county}节能减排目标完成情况公示", tables=tables,
        notes=(*_NOTES, f"数据截至 {known.span.last} 24:00（北京时间）"), versions=versions(known, None),
    )  # fmt: skip


def public_table(title: str, rows: list[dict[str, Cell]]) -> Table:
    """Return the table *title* of the list, of rows by column key.

    Raises:
        ValueError: a row has something that is not on the list, or lacks what is.

    """
    columns = PUBLIC[title]
    keys = [one.key for one in columns]
    for row in rows:
        if set(row) != set(keys):
            raise ValueError(f"not public: {sorted(set(row) ^ set(keys))} of {title}")
    heads = tuple(Column(zh=one.zh, unit=one.unit, width=one.width, is_number=one.is_number) for one in columns)
    return Table(
        title, heads, tuple(tuple(row[key] for key in keys) for row in rows), () if rows else ("本期无此类单位",)
    )


def _unit(site: Site) -> dict[str, Cell]:
    return {"unit": text(site.name), "town": text(site.town), "kind": text(SITE_KIND_ZH[site.kind])}


def _place(n: int) -> Cell:
    return text(f"{n}号")


def _caps(known: Known) -> Iterator[dict[str, Cell]]:
    for name, verdict in cap_verdicts(known):
        sources = _sources(known) if verdict.rule == "energy_cap" else LEAST_UNITS
        used = used_of(verdict) if sources >= LEAST_UNITS and _concluded(verdict) else None
        rate = used / verdict.limit_value if used is not None and verdict.limit_value else None
        few = text(f"参与统计单位不足{LEAST_UNITS}家，不公布") if sources < LEAST_UNITS else None
        yield {
            "indicator": text(name), "cap": text(f"{verdict.limit_value:g} {verdict.body.get('unit')}"), "done": share(rate),
            "result": few or _completed(verdict, known=used is not None),
        }  # fmt: skip


def _sources(known: Known) -> int:
    """Return how many units a sum of the county's energy is made of, those without data left out."""
    points = [known.point(site.id, "energy", TCE) for site in known.registry.document.sites]
    return sum(any(mean.value for mean in known.days.get(point or 0, {}).values()) for point in points)


def _completed(verdict: Verdict, *, known: bool) -> Cell:
    """Return how a target stands; a projection or warning is no finding and stays inside."""
    if verdict.body.get("kind") == "over":
        return text("已超出目标", tone=Tone.OVER)
    if not known or verdict.outcome is Outcome.NOT_JUDGEABLE:
        return text("数据不足，不作结论")
    return text("未超出目标", tone=Tone.MET)


def _concluded(verdict: Verdict) -> bool:
    return verdict.outcome is not Outcome.NOT_JUDGEABLE


def _sewage(known: Known) -> Iterator[dict[str, Cell]]:
    for site in known.registry.document.sites:
        for n, outlet in enumerate(site.outlets, 1):
            met, over, worst = _days(known, site, outlet)
            yield _unit(site) | {
                "place": _place(n), "standard": text(_CLASS_ZH[outlet.standard]), "valid": count(len(met) + len(over)),
                "met": share(len(met) / (len(met) + len(over)) if met or over else None),
                "over": count(len(over), tone=Tone.OVER if over else Tone.PLAIN) if met or over else DASH, "which": _which(worst),
            }  # fmt: skip


def _days(known: Known, site: Site, outlet: Outlet) -> tuple[set[date], set[date], list[Filed]]:
    """Return the days on which all of an outlet's factors were met, those on which one exceeded, and each factor's worst day.

    A day on which something was not judged and nothing exceeded is neither.
    """
    keys = [("sewage_day", f"{site.id}/{outlet.id}/{factor}") for factor in DAY_FACTORS]
    bound = [key for key in keys if known.limits(*key)]
    by_day: dict[date, list[Filed]] = {}
    for key in bound:
        for one in known.filed.get(key, ()):
            by_day.setdefault(day_of(one.window_start), []).append(one)
    found = {day: [one for one in held if _is_finding(one)] for day, held in by_day.items()}
    over = {day for day, held in found.items() if held}
    met = {
        day
        for day, held in by_day.items()
        if len(held) == len(bound) and all(one.outcome == Outcome.COMPLIANT for one in held)
    }
    worst = [
        max(
            (one for held in found.values() for one in held if one.subject == key[1]),
            key=lambda one: one.multiple or 0.0,
            default=None,
        )
        for key in bound
    ]
    return met, over, [one for one in worst if one is not None]


def _is_finding(one: Filed) -> bool:
    return one.outcome == Outcome.EXCEEDING and not one.suspected


def _which(worst: list[Filed]) -> Cell:
    """Return factors and their largest multiple; never a value."""
    said = [f"{FACTORS[one.subject.rpartition('/')[2]].zh} 超标{multiple(one.multiple)}" for one in worst]
    return text("、".join(said))


def _stacks(known: Known) -> Iterator[dict[str, Cell]]:
    for site in known.registry.document.sites:
        for n, stack in enumerate(site.stacks, 1):
            yield _unit(site) | {"place": _place(n)} | _stack(known, site, stack)


def _stack(known: Known, site: Site, stack: Stack) -> dict[str, Cell]:
    device = next(one for one in site.devices if one.id == stack.device)
    keys = [
        ("air_hour", f"{site.id}/{stack.id}/{point.factor}")
        for point in device.points
        if converted_factor(point.factor) in FACTORS
    ]
    over = [one for key in keys for one in known.over.get(key, ()) if _is_finding(one)]
    counts = [known.counts(*key) for key in keys]
    met = sum(one.get(Outcome.COMPLIANT.value, 0) for one in counts)
    judged = met + len(over)
    standards = dict.fromkeys(limit.standard for key in keys for limit in known.limits(*key))
    worst = [
        max((one for one in over if one.subject == key[1]), key=lambda one: one.multiple or 0.0, default=None)
        for key in keys
    ]
    return {
        "standard": text("、".join(standards)), "met": share(met / judged if judged else None),
        "over": count(len({day_of(one.window_start) for one in over}), tone=Tone.OVER if over else Tone.PLAIN) if judged else DASH,
        "which": _which([one for one in worst if one is not None]),
    }  # fmt: skip


def _boilers(known: Known) -> Iterator[dict[str, Cell]]:
    for site in known.registry.document.sites:
        for n, boiler in enumerate(site.boilers, 1):
            yield _unit(site) | {"place": _place(n), "fuel": text(FUEL_ZH[boiler.fuel])} | _boiler(known, site, boiler)


def _boiler(known: Known, site: Site, boiler: Boiler) -> dict[str, Cell]:
    key = f"{site.id}/{boiler.id}"
    limits = known.limits("boiler_efficiency", key)
    mean = known.month(known.point(site.id, boiler.id, EFFICIENCY), month_start(known.span.first))
    value = mean.value if mean is not None and mean.valid else None
    progress = known.sums.get(("boiler_progress", key))
    if progress is not None:
        return {
            "target": text(f"较2015年提高{progress.limit_value:g}个百分点"), "efficiency": figure(value, 1), "result": text(gain_of(progress)),
        }  # fmt: skip
    if not limits:
        return {"target": text("不适用"), "efficiency": figure(value, 1), "result": DASH}
    result = _reached(known, key, value)
    # A mean below the target that no hour proves is a suspicion: the number would be one too.
    shown = figure(value, 1) if result.tone is not Tone.PLAIN else DASH
    return {"target": text(allowed(limits[-1])), "efficiency": shown, "result": result}


def _reached(known: Known, key: str, value: float | None) -> Cell:
    """Return whether a month's mean reaches the target; below it only where an hour was found so beyond its uncertainty."""
    limit = known.limits("boiler_efficiency", key)[-1]
    if value is None or limit.low is None:
        return text("数据不足，不作结论")
    shown = figure(value, limit.decimals).number
    if shown is not None and shown >= limit.low:
        return text("达到目标", tone=Tone.MET)
    found = any(_is_finding(one) for one in known.over.get(("boiler_efficiency", key), ()))
    return text("未达到目标", tone=Tone.OVER) if found else text("在测量不确定度内，不作结论")


def _budgets(known: Known) -> Iterator[dict[str, Cell]]:
    for site in known.registry.document.sites:
        verdict = known.sums.get(("energy_year", f"{site.id}/budget"))
        if verdict is None:
            continue
        used, allowed_tce, planned = used_of(verdict), verdict.limit_value, verdict.body.get("plan_to_date")
        yield _unit(site) | {
            "target": text("不超过年度预算"),
            "plan": share(planned / allowed_tce if isinstance(planned, float) and allowed_tce else None),
            "done": share(used / allowed_tce if used is not None and allowed_tce and _concluded(verdict) else None),
            "result": _completed(verdict, known=used is not None),
        }  # fmt: skip


def _rates(known: Known) -> Iterator[dict[str, Cell]]:
    seen: dict[str, int] = {}
    for one in rates_of(known, known.registry.document.sites):
        if one.factor or one.site is None:
            continue
        seen[one.site.id] = seen.get(one.site.id, 0) + 1
        yield _unit(one.site) | {
            "place": _place(seen[one.site.id]), "rate": share(one.full.effective if one.full else None),
            "target": text(f"≥{number('rate_target'):g}%"),
        }  # fmt: skip
