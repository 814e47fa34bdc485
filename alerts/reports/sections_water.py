"""Sewage outlets 废水排放口 in day and month papers: hours or days by factor, means against the limit in force, loads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.subjects import DAY_FACTORS, PH
from alerts.reports.cells import (
    allowed,
    clause,
    column,
    figure,
    hour,
    outcome_of,
    text,
    valid_of,
    value_of,
    words_column,
)
from alerts.reports.paper import Cell, Column, Table, Tone
from alerts.reports.tallies import day_tally, extremes, month_tally_cells, valid_days
from schemas.catalog.factors import FACTORS
from schemas.registry.derived import load_factor
from schemas.times import DAY, HOUR, month_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from alerts.reports.known import Known
    from schemas.records import Mean
    from schemas.registry.model import Outlet, Site

FLOW = "w00000"
#: m3 of one hour at 1 L/s.
M3_PER_LPS_H = 3.6
_SUSPECTED_RULES = ("sewage_instant", "sewage_ph")


class Series(NamedTuple):
    """One factor of an outlet: its point, with how many decimals it is shown, the key of what is judged of it."""

    factor: str
    point: int
    decimals: int
    key: str


def series(known: Known, site: Site, outlet: Outlet) -> list[Series]:
    """Return the factors an outlet's device sends, in the order of the registry."""
    device = next(one for one in site.devices if one.id == outlet.device)
    found = []
    for point in device.points:
        number = known.point(site.id, device.id, point.factor)
        if number is None or point.carrier is not None:
            continue
        key = f"{site.id}/{outlet.id}/{point.factor}"
        decimals = known.decimals(point.factor, ("sewage_day", key))
        found.append(Series(point.factor, number, decimals, key))
    return found


def head(one: Series) -> Column:
    """Return the head of a factor's column."""
    factor = FACTORS[one.factor]
    return column(factor.zh, "" if factor.unit == "pH" else factor.unit, en=factor.en)


def water_day(known: Known, site: Site) -> Iterator[Table]:
    """Yield an outlet's hours, then its day against the limits."""
    for outlet in site.outlets:
        shown = series(known, site, outlet)
        yield _hours(known, outlet, shown)
        yield _day(known, site, outlet, shown)


def _hours(known: Known, outlet: Outlet, shown: list[Series]) -> Table:
    breached = {
        (one.key, filed.window_start.replace(minute=0, second=0, microsecond=0))
        for one in shown
        for rule in _SUSPECTED_RULES
        for filed in known.over.get((rule, one.key), ())
    }
    rows = []
    for n in range(24):
        at = known.span.since + n * HOUR
        cells = [text(hour(at))]
        for one in shown:
            mean = known.hours.get(one.point, {}).get(at)
            # An hour above the instantaneous limit is a suspicion to be proved by a sample, never a finding.
            tone = Tone.DOUBTFUL if (one.key, at) in breached else Tone.PLAIN
            cell = value_of(mean, one.decimals, tone)
            cells.append(Cell(cell.number, cell.words, cell.decimals, f"{cell.mark}疑", tone) if tone else cell)
        rows.append(tuple(cells))
    notes = (
        "值旁字母为数据标记（小写由人员标注）；“疑”：超瞬时限值，疑似，须经采样核实",
        f"站房执行标准 {outlet.standard}",
    )
    return Table(
        f"{outlet.name} 小时值", (words_column("时段", 5), *(head(one) for one in shown)), tuple(rows), notes[:1]
    )


_DAY_COLUMNS = (
    words_column("因子", 7, en="factor"), words_column("单位", 4), column("日均值", en="day mean"),
    words_column("限值", 7, en="limit"), words_column("判定", 8, en="verdict"), words_column("有效小时", 5),
    column("最小"), column("最大"), column("排放量", "kg", en="load"), words_column("限值依据", 18), words_column("说明", 14),
)  # fmt: skip


def _day(known: Known, site: Site, outlet: Outlet, shown: list[Series]) -> Table:
    rows = []
    for one in shown:
        mean = known.day(one.point, known.span.first)
        filed = known.verdict("sewage_day", one.key, known.span.since)
        limits = known.limits("sewage_day", one.key) if one.factor in DAY_FACTORS else []
        load = known.day(known.point(site.id, outlet.id, load_factor(one.factor)), known.span.first)
        tone = _tone(filed)
        binding = filed or (limits[-1] if limits else None)
        rows.append((
            text(FACTORS[one.factor].zh), text(FACTORS[one.factor].unit), value_of(mean, one.decimals, tone), text(allowed(binding)),
            outcome_of(filed) if filed or limits else _instants(known, one), valid_of(mean, 24),
            figure(mean.low if mean else None, one.decimals), figure(mean.high if mean else None, one.decimals),
            value_of(load, 3), text(clause(binding)), text(_why(mean, filed)),
        ))  # fmt: skip
    notes = tuple(_volume_note(known, one, [known.span.first]) for one in shown if one.factor == FLOW)
    return Table(f"{outlet.name} 日均值与判定（{outlet.standard}）", _DAY_COLUMNS, tuple(rows), notes)


def _tone(filed: object) -> Tone:
    outcome = getattr(filed, "outcome", None)
    return {"exceeding": Tone.OVER, "compliant": Tone.MET, "not_judgeable": Tone.DOUBTFUL}.get(str(outcome), Tone.PLAIN)


def _instants(known: Known, one: Series) -> Cell:
    """Return what there is to say of a factor without a day's limit: pH is judged by its instant values."""
    if one.factor != PH:
        return text("")
    counts = known.counts("sewage_instant", one.key)
    over = len(known.over.get(("sewage_ph", one.key), ()))
    if not counts and not over:
        return text("未判定", tone=Tone.DOUBTFUL)
    if counts.get("exceeding") or over:
        return text(f"疑似超标 {counts.get('exceeding', 0)} 小时、{over} 次", tone=Tone.DOUBTFUL)
    return text(f"未见超标（{counts.get('compliant', 0)} 小时有效）", tone=Tone.MET)


def _why(mean: Mean | None, filed: object) -> str:
    why, note = getattr(filed, "why", ""), getattr(filed, "note", "")
    own = mean.note if mean is not None and not filed else ""
    return "；".join(dict.fromkeys(part for part in (why, note, own) if part)) or ("" if mean else "无数据")


def _volume_note(known: Known, flow: Series, days: list[date]) -> str:
    volume = volume_m3(known, flow.point, days)
    return f"{'当日' if len(days) == 1 else '当月'}水量（有效小时合计）{'—' if volume is None else f'{volume:.0f} m³'}"


def volume_m3(known: Known, point: int, days: list[date]) -> float | None:
    """Return m3 that flowed in the valid hours of *days*: mean L/s x hours x 3.6; None where nothing is known."""
    means = [mean for day in days if (mean := known.day(point, day)) is not None and mean.value is not None]
    if not means:
        return None
    return sum(max(0.0, mean.value or 0.0) * mean.n_valid * M3_PER_LPS_H for mean in means)


def water_month(known: Known, site: Site) -> Iterator[Table]:
    """Yield an outlet's days, then its month against the limits."""
    for outlet in site.outlets:
        shown = series(known, site, outlet)
        yield _days(known, outlet, shown)
        yield _month(known, site, outlet, shown)


def _days(known: Known, outlet: Outlet, shown: list[Series]) -> Table:
    judged = {
        (one.key, filed.window_start): filed for one in shown for filed in known.filed.get(("sewage_day", one.key), ())
    }
    rows = []
    for n in range(known.span.n_days):
        day, at = known.span.first + n * DAY, known.span.since + n * DAY
        cells = [text(f"{day:%m-%d}")]
        for one in shown:
            filed = judged.get((one.key, at))
            tone = _tone(filed) if filed is not None and filed.outcome == "exceeding" else Tone.PLAIN
            cells.append(value_of(known.day(one.point, day), one.decimals, tone))
        rows.append(tuple(cells))
    notes = ("红色：日均值超标；灰色：有效小时不足，不作判定；值旁字母为当日出现过的数据标记",)
    return Table(f"{outlet.name} 日均值", (words_column("日期", 5), *(head(one) for one in shown)), tuple(rows), notes)


_MONTH_COLUMNS = (
    words_column("因子", 7, en="factor"), words_column("单位", 4), column("月均值", en="month mean"), words_column("限值(日均)", 7),
    column("最大日均"), words_column("日期", 5), column("最小日均"), words_column("日期", 5), words_column("有效天", 5),
    column("达标天", width=5), column("超标天", width=5), column("未判定天", width=5), words_column("限值依据", 18),
    words_column("说明", 12),
)  # fmt: skip


def _month(known: Known, site: Site, outlet: Outlet, shown: list[Series]) -> Table:
    del site
    rows = []
    for one in shown:
        mean = known.month(one.point, month_start(known.span.first))
        limits = known.limits("sewage_day", one.key) if one.factor in DAY_FACTORS else []
        tally = day_tally(known.filed.get(("sewage_day", one.key), ()))
        most, least = extremes(known.days.get(one.point, {}), known.span)
        rows.append((
            text(FACTORS[one.factor].zh), text(FACTORS[one.factor].unit), value_of(mean, one.decimals),
            text("、".join(dict.fromkeys(map(allowed, limits)))),
            figure(most.value, one.decimals), text(most.when), figure(least.value, one.decimals), text(least.when),
            valid_of(mean, known.span.n_days, valid_days(known.days.get(one.point, {}), known.span)), *month_tally_cells(tally, known.span.n_days, judged=bool(limits)),
            text("；".join(dict.fromkeys(map(clause, limits)))), text(mean.note if mean else "无数据"),
        ))  # fmt: skip
    days = [known.span.first + n * DAY for n in range(known.span.n_days)]
    notes = tuple(_volume_note(known, one, days) for one in shown if one.factor == FLOW)
    return Table(f"{outlet.name} 月统计（{outlet.standard}）", _MONTH_COLUMNS, tuple(rows), notes)
