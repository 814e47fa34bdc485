"""Stacks 废气排放口 in day and month papers: 实测 beside 折算, hours against GB 13271 or the permit, loads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.subjects import STACK_FACTORS
from alerts.reports.cells import (
    DASH,
    allowed,
    clause,
    column,
    count,
    figure,
    hour,
    minute,
    multiple,
    text,
    valid_of,
    value_of,
    words_column,
)
from alerts.reports.paper import Table, Tone
from alerts.reports.tallies import extremes, valid_days
from schemas.catalog.enums import Outcome
from schemas.catalog.factors import FACTORS
from schemas.registry.derived import converted_factor, load_factor
from schemas.times import DAY, HOUR, day_of, month_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from alerts.reports.known import Filed, Known
    from alerts.reports.paper import Cell, Column
    from schemas.records import Mean
    from schemas.registry.model import Site, Stack

_RULE = "air_hour"


class Gas(NamedTuple):
    """One pollutant of a stack: its series as measured and at reference O2."""

    factor: str
    raw: int
    converted: int
    load: int | None
    decimals: int
    key: str


class Other(NamedTuple):
    """Another value the device sends: O2, temperature, flow."""

    factor: str
    point: int


def _parts(known: Known, site: Site, stack: Stack) -> tuple[list[Gas], list[Other]]:
    device = next(one for one in site.devices if one.id == stack.device)
    gases, others = [], []
    for point in device.points:
        raw = known.point(site.id, device.id, point.factor)
        if raw is None:
            continue
        converted = known.point(site.id, stack.id, converted_factor(point.factor))
        if point.factor in STACK_FACTORS and converted is not None:
            key = f"{site.id}/{stack.id}/{point.factor}"
            load = known.point(site.id, stack.id, load_factor(point.factor))
            gases.append(
                Gas(
                    point.factor,
                    raw,
                    converted,
                    load,
                    known.decimals(converted_factor(point.factor), (_RULE, key)),
                    key,
                )
            )
        elif point.carrier is None:
            others.append(Other(point.factor, raw))
    return gases, others


def _heads(gases: list[Gas], others: list[Other]) -> list[Column]:
    heads = []
    for one in gases:
        unit = FACTORS[one.factor].unit
        heads += [column(f"{FACTORS[one.factor].zh}实测", unit), column(f"{FACTORS[one.factor].zh}折算", unit)]
    return heads + [column(FACTORS[one.factor].zh, FACTORS[one.factor].unit) for one in others]


def stack_day(known: Known, site: Site) -> Iterator[Table]:
    """Yield a stack's hours, then its day."""
    for stack in site.stacks:
        gases, others = _parts(known, site, stack)
        yield _hours(known, stack, gases, others)
        yield _summary(known, stack, gases, f"{stack.name} 日统计与判定")


def _hours(known: Known, stack: Stack, gases: list[Gas], others: list[Other]) -> Table:
    over = {(one.key, filed.window_start) for one in gases for filed in known.over.get((_RULE, one.key), ())}
    rows = []
    for n in range(24):
        at = known.span.since + n * HOUR
        cells = [text(hour(at))]
        for one in gases:
            tone = Tone.OVER if (one.key, at) in over else Tone.PLAIN
            cells += [
                value_of(_at(known, one.raw, at), one.decimals),
                value_of(_at(known, one.converted, at), one.decimals, tone),
            ]
        cells += [value_of(_at(known, one.point, at), FACTORS[one.factor].decimals) for one in others]
        rows.append(tuple(cells))
    notes = ("折算：按基准氧含量折算的干基标态浓度，与限值比较的是折算值（GB 13271-2014 5.2）",)
    return Table(f"{stack.name} 小时值", (words_column("时段", 5), *_heads(gases, others)), tuple(rows), notes)


def _at(known: Known, point: int, at: datetime) -> Mean | None:
    return known.hours.get(point, {}).get(at)


_COLUMNS = (
    words_column("因子", 7, en="factor"), column("实测均值", "mg/m³"), column("折算均值", "mg/m³"), words_column("限值(小时)", 8),
    column("达标小时", width=5), column("超标小时", width=5), column("未判定小时", width=5), column("最大超标值", "mg/m³"),
    words_column("时间", 9), words_column("超标倍数", 5), words_column("有效", 5), column("排放量", "kg", en="load"),
    words_column("限值依据", 18), words_column("说明", 12),
)  # fmt: skip


def _summary(known: Known, stack: Stack, gases: list[Gas], title: str) -> Table:
    rows = tuple(_summary_row(known, one) for one in gases)
    names = "、".join(stack.boilers)
    return Table(title, _COLUMNS, rows, (f"接入锅炉 {names}{'；执行特别排放限值' if stack.special else ''}",))


def _summary_row(known: Known, one: Gas) -> tuple[Cell, ...]:
    span = known.span
    is_day = span.n_days == 1
    raw, converted, load = (
        (known.day(number, span.first) if is_day else known.month(number, month_start(span.first)))
        for number in (one.raw, one.converted, one.load)
    )
    limits = known.limits(_RULE, one.key)
    counts = known.counts(_RULE, one.key)
    met, over = counts.get(Outcome.COMPLIANT.value, 0), counts.get(Outcome.EXCEEDING.value, 0)
    worst = worst_of(known, one.key)
    tallied = (
        count(met), count(over, tone=Tone.OVER if over else Tone.PLAIN), count(24 * span.n_days - met - over),
    ) if limits else (DASH, DASH, DASH)  # fmt: skip
    return (
        text(FACTORS[one.factor].zh), value_of(raw, one.decimals), value_of(converted, one.decimals),
        text("、".join(dict.fromkeys(map(allowed, limits)))), *tallied,
        figure(worst.value if worst else None, one.decimals, tone=Tone.OVER),
        text(minute(worst.window_start) if worst else ""), text(multiple(worst.multiple) if worst else ""),
        valid_of(converted, 24 if is_day else span.n_days, valid_days(known.days.get(one.converted, {}), span)), value_of(load, 3),
        text("；".join(dict.fromkeys(map(clause, limits)))), text(converted.note if converted else "无数据"),
    )  # fmt: skip


def worst_of(known: Known, key: str) -> Filed | None:
    """Return the exceeding hour that was furthest above its limit; of equal ones the first."""
    over = known.over.get((_RULE, key), ())
    return max(over, key=lambda one: one.multiple or 0.0, default=None)


def days_over(known: Known, rule: str, key: str) -> set[date]:
    """Return the Shanghai days on which an hour exceeded and was not merely suspected."""
    return {day_of(one.window_start) for one in known.over.get((rule, key), ()) if not one.suspected}


def stack_month(known: Known, site: Site) -> Iterator[Table]:
    """Yield a stack's days, then its month."""
    for stack in site.stacks:
        gases, others = _parts(known, site, stack)
        yield _days(known, stack, gases, others)
        yield _summary(known, stack, gases, f"{stack.name} 月统计与判定")
        yield _extremes(known, stack, gases)


def _days(known: Known, stack: Stack, gases: list[Gas], others: list[Other]) -> Table:
    over = {one.key: days_over(known, _RULE, one.key) for one in gases}
    rows = []
    for n in range(known.span.n_days):
        day = known.span.first + n * DAY
        cells = [text(f"{day:%m-%d}")]
        for one in gases:
            tone = Tone.OVER if day in over[one.key] else Tone.PLAIN
            cells += [
                value_of(known.day(one.raw, day), one.decimals),
                value_of(known.day(one.converted, day), one.decimals, tone),
            ]
        cells += [value_of(known.day(one.point, day), FACTORS[one.factor].decimals) for one in others]
        rows.append(tuple(cells))
    notes = ("红色：当日有小时均值超标（日均值本身不作判定）；灰色：有效小时不足 20 小时",)
    return Table(f"{stack.name} 日均值", (words_column("日期", 5), *_heads(gases, others)), tuple(rows), notes)


def _extremes(known: Known, stack: Stack, gases: list[Gas]) -> Table:
    columns = (
        words_column("因子", 7), column("最大日均(折算)", "mg/m³"), words_column("日期", 5), column("最小日均(折算)", "mg/m³"),
        words_column("日期", 5), column("有超标小时的天数", width=6),
    )  # fmt: skip
    rows = []
    for one in gases:
        most, least = extremes(known.days.get(one.converted, {}), known.span)
        n = len(days_over(known, _RULE, one.key))
        rows.append((
            text(FACTORS[one.factor].zh), figure(most.value, one.decimals), text(most.when), figure(least.value, one.decimals),
            text(least.when), count(n, tone=Tone.OVER if n else Tone.PLAIN),
        ))  # fmt: skip
    return Table(f"{stack.name} 极值", columns, tuple(rows))
