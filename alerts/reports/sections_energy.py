"""Energy of a unit in day and month papers: carriers, standard coal, against its budget. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.reports.cells import (
    DASH,
    UNVERIFIED,
    column,
    figure,
    marks_of,
    share,
    text,
    value_of,
    words_column,
)
from alerts.reports.energy import BASIS_ZH, basis_of, consumed, meters, total
from alerts.reports.paper import Table, Tone
from schemas.catalog.enums import CARRIER_ZH, Outcome
from schemas.catalog.factors import FACTORS
from schemas.registry.derived import ENERGY_BALANCE, TCE
from schemas.times import DAY, month_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.reports.energy import Consumed
    from alerts.reports.known import Known
    from alerts.reports.paper import Cell
    from schemas.records import Verdict
    from schemas.registry.model import Site

_TCE_DECIMALS = 3
_COLUMNS = (
    words_column("品种", 6, en="carrier"), words_column("计量", 10, en="meter"), column("消费量", en="amount"),
    words_column("单位", 4), column("折标系数", "kgce/单位", en="coefficient"), column("折标煤", "tce"), words_column("系数依据", 18),
    words_column("说明", 12),
)  # fmt: skip
_ABOUT = "GB/T 2589-2020 综合能耗：购入与消费为正，外供为负；标记 e 为缺数期间按时间分摊的估算"


def energy_day(known: Known, site: Site) -> Iterator[Table]:
    """Yield what a site consumed on the day, and the month to date against its budget."""
    yield from _carriers(known, site, "当日能源消费")
    yield from _budget(known, site)


def energy_month(known: Known, site: Site) -> Iterator[Table]:
    """Yield a unit's days in standard coal, the month by carrier, and the month against its budget."""
    tce = known.point(site.id, ENERGY_BALANCE, TCE)
    held = meters(known.registry, site)
    if tce is None or not (held or site.budgets):
        return
    heads = [
        column(f"{CARRIER_ZH[one.point.carrier]} {FACTORS[one.point.factor].zh}", FACTORS[one.point.factor].unit)
        for one in held
        if one.point.carrier is not None
    ]
    rows = []
    for n in range(known.span.n_days):
        day = known.span.first + n * DAY
        cells = [value_of(known.day(one.number, day), FACTORS[one.point.factor].decimals) for one in held]
        rows.append((text(f"{day:%m-%d}"), *cells, value_of(known.day(tce, day), _TCE_DECIMALS)))
    yield Table("逐日能源消费", (words_column("日期", 5), *heads, column("综合能耗", "tce")), tuple(rows), (_ABOUT,))
    yield from _carriers(known, site, "当月能源消费")
    yield from _budget(known, site)


def _carriers(known: Known, site: Site, title: str) -> Iterator[Table]:
    tce = known.point(site.id, ENERGY_BALANCE, TCE)
    held = meters(known.registry, site)
    if tce is None or not held:
        return
    basis, last, month = basis_of(site, known.span.last), known.span.last, month_start(known.span.first)
    is_day = known.span.n_days == 1
    rows = []
    for one in held:
        mean = known.day(one.number, last) if is_day else known.month(one.number, month)
        rows.append(_carrier(consumed(one, [mean] if mean else [], basis, last)))
    mean = known.day(tce, last) if is_day else known.month(tce, month)
    sums = value_of(mean, _TCE_DECIMALS, Tone.TOTAL if mean is None or mean.valid else Tone.DOUBTFUL)
    note = mean.note if mean else "无数据"
    rows.append((text("综合能耗", tone=Tone.TOTAL), DASH, DASH, DASH, DASH, sums, DASH, text(note)))
    yield Table(f"{title}（电力按{BASIS_ZH[basis]}）", _COLUMNS, tuple(rows), (_ABOUT,))


def _carrier(one: Consumed) -> tuple[Cell, ...]:
    factor = FACTORS[one.meter.point.factor]
    where = f"{one.coal.standard} {one.coal.clause}{'' if one.coal.verified else f'，{UNVERIFIED}'}"
    marks = "".join(mark for mark in one.marks if mark not in "Nn")
    assert one.meter.point.carrier is not None, "only meters of a carrier are handed over"
    return (
        text(CARRIER_ZH[one.meter.point.carrier]), text(f"{one.meter.device} {factor.zh}"),
        figure(one.amount, factor.decimals, mark=marks), text(factor.unit), figure(one.coal.kgce, 4),
        figure(one.tce, _TCE_DECIMALS, mark=marks), text(where), text(one.note),
    )  # fmt: skip


_BUDGET_COLUMNS = (
    column("当日", "tce"), column("当月累计", "tce"), column("当月预算", "tce"), column("执行率", "%"), column("推算全月", "tce"),
    words_column("判定", 8), words_column("说明", 18),
)  # fmt: skip


def _budget(known: Known, site: Site) -> Iterator[Table]:
    verdict = known.sums.get(("energy_budget", f"{site.id}/budget"))
    if verdict is None:
        return
    tce = known.point(site.id, ENERGY_BALANCE, TCE)
    body = verdict.body
    allowed, projected = verdict.limit_value, body.get("projected")
    last = known.day(tce, known.span.last)
    rate = verdict.value / allowed if verdict.value is not None and allowed else None
    used = total(known.days.get(tce or 0, {}), month_start(known.span.last), known.span.last)
    row = (
        figure(last.value if last else None, _TCE_DECIMALS, mark=marks_of(last) if last else ""), figure(used, _TCE_DECIMALS),
        figure(allowed, 2), share(rate if used is not None else None, tone=_tone(verdict)),
        figure(projected if isinstance(projected, float) and used is not None and not body.get("why") else None, 2),
        budget_outcome(verdict), text(_why(verdict)),
    )  # fmt: skip
    yield Table("用能预算（当月至当日）", _BUDGET_COLUMNS, (row,))


def _why(verdict: Verdict) -> str:
    said = [
        verdict.body.get("why"),
        verdict.body.get("note"),
        None if verdict.body.get("why") else verdict.body.get("method"),
    ]
    return "；".join(str(one) for one in said if one)


_KIND_ZH = {"over": "已超预算", "projected": "预计超预算", "warn": "接近预算（黄色）", "notice": "关注（蓝色）"}


def budget_outcome(verdict: Verdict) -> Cell:
    """Return a verdict on an amount in words."""
    if verdict.outcome is Outcome.EXCEEDING:
        return text(_KIND_ZH.get(str(verdict.body.get("kind")), "超预算"), tone=_tone(verdict))
    said = "预算内" if verdict.outcome is Outcome.COMPLIANT else "未判定"
    return text(said, tone=Tone.MET if verdict.outcome is Outcome.COMPLIANT else Tone.DOUBTFUL)


def _tone(verdict: Verdict) -> Tone:
    if verdict.outcome is Outcome.EXCEEDING:
        return Tone.OVER if verdict.body.get("kind") in {"over", "projected"} else Tone.DOUBTFUL
    return Tone.PLAIN
