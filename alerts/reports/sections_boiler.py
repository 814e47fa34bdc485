"""Boilers 锅炉 in day and month papers: efficiency by hour or day, both methods, against the limit; its distribution. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alerts.reports.cells import (
    DASH,
    allowed,
    clause,
    column,
    count,
    figure,
    hour,
    outcome_of,
    share,
    text,
    valid_of,
    value_of,
    words_column,
)
from alerts.reports.facts import SPREAD_STEP
from alerts.reports.known import Filed
from alerts.reports.paper import Table, Tone
from alerts.reports.tallies import extremes, valid_days
from schemas.catalog.enums import FUEL_ZH, Medium, Outcome
from schemas.records import Limit
from schemas.registry.derived import EFFICIENCY, INDIRECT
from schemas.times import DAY, HOUR, month_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.reports.known import Known
    from alerts.reports.paper import Cell
    from schemas.records import Mean, Verdict
    from schemas.registry.model import Boiler, Site

_RULE, _PROGRESS = "boiler_efficiency", "boiler_progress"
_DECIMALS = 2
_METHOD = "正平衡（GB/T 10180-2017）为准，反平衡（TSG G0003-2010 简测）对照；效率以低位发热量计"


class Judged(NamedTuple):
    """A boiler's series and what binds it."""

    direct: int | None
    indirect: int | None
    key: str
    limits: list[Limit]
    over: dict[object, Filed]


def _judged(known: Known, site: Site, boiler: Boiler) -> Judged:
    key = f"{site.id}/{boiler.id}"
    return Judged(
        known.point(site.id, boiler.id, EFFICIENCY),
        known.point(site.id, boiler.id, INDIRECT),
        key,
        known.limits(_RULE, key),
        {one.window_start: one for one in known.over.get((_RULE, key), ())},
    )


def _title(boiler: Boiler) -> str:
    unit = "MW" if boiler.medium is Medium.HOT_WATER else "t/h"
    return f"{boiler.name}（{FUEL_ZH[boiler.fuel]}，{boiler.rated:g} {unit}，{boiler.manufactured.year}年制造）"


def boiler_day(known: Known, site: Site) -> Iterator[Table]:
    """Yield a boiler's hours, then the day of all boilers of the site."""
    for boiler in site.boilers:
        yield _hours(known, boiler, _judged(known, site, boiler))
    if site.boilers:
        rows = tuple(_summary(known, site, boiler) for boiler in site.boilers)
        yield Table("锅炉热效率日统计", _COLUMNS, rows, (_METHOD,))


def _hours(known: Known, boiler: Boiler, of: Judged) -> Table:
    columns = (
        words_column("时段", 5), column("正平衡", "%", en="direct"), column("95%下限", "%"), column("95%上限", "%"),
        column("反平衡", "%", en="indirect"), words_column("判定", 8, en="verdict"), words_column("说明", 22),
    )  # fmt: skip
    rows, bound, is_judged = [], bool(of.limits), _all_judged(known, of)
    for n in range(24):
        at = known.span.since + n * HOUR
        direct = known.hours.get(of.direct or 0, {}).get(at)
        indirect = known.hours.get(of.indirect or 0, {}).get(at)
        over = of.over.get(at)
        tone = Tone.PLAIN if over is None else Tone.DOUBTFUL if over.suspected else Tone.OVER
        is_known = direct is not None and direct.valid
        rows.append((
            text(hour(at)), value_of(direct, _DECIMALS, tone), figure(direct.low if direct and is_known else None, _DECIMALS),
            figure(direct.high if direct and is_known else None, _DECIMALS), value_of(indirect, _DECIMALS),
            _outcome(direct, over, bound=bound, is_judged=is_judged), text(direct.note if direct else "无数据"),
        ))  # fmt: skip
    return Table(f"{_title(boiler)} 小时热效率", columns, tuple(rows))


def _all_judged(known: Known, of: Judged) -> bool:
    """Say whether each valid hour of the day that does not exceed has its verdict; those were counted, not read one by one."""
    met = known.counts(_RULE, of.key).get(Outcome.COMPLIANT.value, 0)
    held = known.hours.get(of.direct or 0, {})
    return met >= sum(mean.valid and mean.value is not None and at not in of.over for at, mean in held.items())


def _outcome(mean: Mean | None, over: Filed | None, *, bound: bool, is_judged: bool) -> Cell:
    if over is not None:
        return outcome_of(over)
    if not bound:
        return DASH
    # Nothing is called met without a verdict.
    if mean is None or not mean.valid or not is_judged:
        return outcome_of(None)
    return text("达标", tone=Tone.MET)


_COLUMNS = (
    words_column("锅炉", 10, en="boiler"), column("热效率均值", "%"), column("最小", "%"), column("最大", "%"), column("反平衡均值", "%"),
    words_column("限值", 6), column("达标小时", width=5), column("低于限值小时", width=6), column("其中疑似", width=5),
    column("未判定小时", width=5), words_column("有效", 5), words_column("限值依据", 18), words_column("说明", 14),
)  # fmt: skip


def _summary(known: Known, site: Site, boiler: Boiler) -> tuple[Cell, ...]:
    of = _judged(known, site, boiler)
    is_day, n_days = known.span.n_days == 1, known.span.n_days
    direct, indirect = (
        known.day(one, known.span.first) if is_day else known.month(one, month_start(known.span.first))
        for one in (of.direct, of.indirect)
    )
    counts = known.counts(_RULE, of.key)
    met, over = counts.get(Outcome.COMPLIANT.value, 0), counts.get(Outcome.EXCEEDING.value, 0)
    suspected = sum(one.suspected for one in of.over.values())
    tone = Tone.OVER if over > suspected else Tone.DOUBTFUL if over else Tone.PLAIN
    tallied = (
        (count(met), count(over, tone=tone), count(suspected), count(24 * n_days - met - over))
        if of.limits
        else (DASH,) * 4
    )
    return (
        text(boiler.name), value_of(direct, _DECIMALS), figure(direct.low if direct else None, _DECIMALS),
        figure(direct.high if direct else None, _DECIMALS), value_of(indirect, _DECIMALS),
        text("、".join(map(allowed, of.limits))), *tallied, valid_of(direct, 24 if is_day else n_days, valid_days(known.days.get(of.direct or 0, {}), known.span)),
        text("；".join(map(clause, of.limits)) or _unbound(boiler)), text(direct.note if direct else "无数据"),
    )  # fmt: skip


def _unbound(boiler: Boiler) -> str:
    if boiler.baseline_efficiency_pct is not None:
        return f"2020年前制造，不适用80/92%；2015年基准 {boiler.baseline_efficiency_pct:g}%，按月考核提高5个百分点"
    return "2020年前制造，不适用80/92%"


def boiler_month(known: Known, site: Site) -> Iterator[Table]:
    """Yield the days of a site's boilers, their month, and how their hours were spread."""
    if not site.boilers:
        return
    yield _days(known, site)
    rows = tuple(_summary(known, site, boiler) for boiler in site.boilers)
    yield Table("锅炉热效率月统计", _COLUMNS, rows, (_METHOD, *_progress(known, site)))
    yield _extremes(known, site)
    yield from _spread(known, site)


def _days(known: Known, site: Site) -> Table:
    of = [_judged(known, site, boiler) for boiler in site.boilers]
    heads = [
        column(f"{boiler.name} {method}", "%") for boiler in site.boilers for method in ("正平衡", "反平衡")
    ]  # fmt: skip
    rows = []
    for n in range(known.span.n_days):
        day = known.span.first + n * DAY
        cells = [value_of(known.day(point, day), _DECIMALS) for one in of for point in (one.direct, one.indirect)]
        rows.append((text(f"{day:%m-%d}"), *cells))
    return Table("锅炉热效率日均值（燃料量加权）", (words_column("日期", 5), *heads), tuple(rows))


def _extremes(known: Known, site: Site) -> Table:
    columns = (
        words_column("锅炉", 10), column("最大日均", "%"), words_column("日期", 5), column("最小日均", "%"), words_column("日期", 5),
    )  # fmt: skip
    rows = []
    for boiler in site.boilers:
        point = known.point(site.id, boiler.id, EFFICIENCY)
        most, least = extremes(known.days.get(point or 0, {}), known.span)
        rows.append((
            text(boiler.name), figure(most.value, _DECIMALS), text(most.when), figure(least.value, _DECIMALS), text(least.when),
        ))  # fmt: skip
    return Table("锅炉热效率极值", columns, tuple(rows))


def _spread(known: Known, site: Site) -> Iterator[Table]:
    """Yield the distribution of valid hours in steps of two points of %."""
    for boiler in site.boilers:
        held = known.spread.get(known.point(site.id, boiler.id, EFFICIENCY) or 0, {})
        total = sum(held.values())
        rows = tuple(
            (text(f"{bottom:g}–{bottom + SPREAD_STEP:g}"), count(n), share(n / total))
            for bottom, n in sorted(held.items())
        )
        columns = (words_column("效率区间 %", 8), column("有效小时", width=6), column("占比", "%"))
        if rows:
            yield Table(f"{boiler.name} 热效率分布", columns, rows, ("区间含下限、不含上限",))


def _progress(known: Known, site: Site) -> Iterator[str]:
    for boiler in site.boilers:
        verdict = known.sums.get((_PROGRESS, f"{site.id}/{boiler.id}"))
        if verdict is not None:
            yield f"{boiler.name}：{gain_of(verdict)}"


def gain_of(verdict: Verdict) -> str:
    """Return in words what a boiler in service gained on its baseline of 2015 (plan task 13: 5 points)."""
    asked = verdict.limit_value
    said = {Outcome.COMPLIANT: "达到", Outcome.EXCEEDING: "未达到"}.get(verdict.outcome)
    if said is None or verdict.value is None or asked is None:
        return "在用锅炉提效：未判定（本月有效数据不足）"
    return f"较2015年基准提高 {verdict.value:.1f} 个百分点，{said}提高 {asked:g} 个百分点的要求"
