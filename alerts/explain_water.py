"""A sewage factor's day: readings → hour means → the day mean, weighted with the outlet's flow (HJ 356-2019) → the verdict."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.explain_parts import (
    comparison,
    head,
    hour_rules,
    limit_lines,
    marked,
    raw,
    readings,
    verdict_lines,
    versions,
)
from alerts.explain_source import Filed, Marked, Reading
from alerts.explain_text import agreement, figure, hour, loud, same, share, table
from alerts.judge import rules as rulebook
from alerts.judge.subjects import PH, Subject
from alerts.judge.windows import limit_on
from schemas.catalog.enums import MARK_LETTER, Mark, MarkKind
from schemas.catalog.factors import FACTORS
from schemas.catalog.validity import number
from schemas.records import STAMPED_ON_RECEIPT, Mean
from schemas.times import DAY

if TYPE_CHECKING:
    from alerts.explain_source import Source

_HOUR_RULES = ("sewage_instant", "sewage_hour", "above_range")
_DAY_RULE = "sewage_day"
#: Readings that count: normal, normal and stamped on receipt, or called valid by a person.
_COUNTED = frozenset({Mark.NORMAL.value, STAMPED_ON_RECEIPT, MARK_LETTER[MarkKind.VALID]})


class Line(NamedTuple):
    """One hour: its mean, the outlet's flow (L/s), and *why* it does not enter the day's mean ('' where it does)."""

    at: datetime
    mean: Mean | None
    flow: Mean | None
    why: str


class Account(NamedTuple):
    """A day's mean as computed here from the hours: *top* / *bottom*, or for pH −lg of it; *n* hours in it."""

    top: float
    bottom: float
    value: float | None
    n: int


class Day(NamedTuple):
    """All that is known of the day."""

    subject: Subject
    lines: list[Line]
    of_hour: dict[datetime, list[Reading]]
    stored: Mean | None
    temperature: Mean | None
    marks: list[Marked]
    filed: list[Filed]
    weighted: bool


async def explain(source: Source, subject: Subject) -> list[str]:
    """Return the lines that lead from the readings of a sewage factor to the verdict on the day of *source*."""
    ids = [one for one in (subject.point_id, subject.flow_id, subject.water_temp_id) if one is not None]
    marks = await source.marks(ids)
    hours, days = await source.hours(ids), await source.days(ids)
    # pH is averaged as hydrogen ions and never weighted (ingest.derive.means; house reference).
    weighted = subject.flow_id is not None and subject.factor != PH
    lines = [
        _line(at, hours.get((subject.point_id, at)), hours.get((subject.flow_id or 0, at)), weighted=weighted)
        for at in source.starts
    ]
    day = Day(
        subject=subject,
        lines=lines,
        of_hour=await source.readings(subject.point_id, marks),
        stored=days.get(subject.point_id),
        temperature=days.get(subject.water_temp_id or 0),
        marks=marks,
        filed=await source.verdicts([_DAY_RULE, *_HOUR_RULES], source.start, source.start + DAY),
        weighted=weighted,
    )
    first = min((one.at for of_hour in day.of_hour.values() for one in of_hour), default=None)
    trace = None if first is None else (source.name(subject.point_id), first)
    return [
        *_head(source, day),
        *_hours(day),
        *marked(marks, [source.name(one) for one in ids]),
        *_mean(day),
        *_judged(source, day),
        versions(await source.versions([subject.point_id]), stable=source.stable),
        "",
        "## 小时规则 Hour rules of the day",
        "",
        *hour_rules(day.filed, rulebook.load(), _HOUR_RULES),
        "",
        "## 原始数据 Where the raw bytes are",
        "",
        *raw(await source.batches([subject.point_id]), trace, stable=source.stable),
    ]


def _line(at: datetime, mean: Mean | None, flow: Mean | None, *, weighted: bool) -> Line:
    return Line(at, mean, flow, _why_not(mean, flow, weighted=weighted))


def _why_not(mean: Mean | None, flow: Mean | None, *, weighted: bool) -> str:
    if mean is None:
        return "无小时值 no hour value"
    if not mean.valid or mean.value is None:
        return f"有效数据不足 too little valid data{f'，{mean.note}' if mean.note else ''}"
    if not weighted:
        return ""
    if flow is None or not flow.valid or flow.value is None:
        return "流量未知 flow unknown"
    return "" if flow.value > 0 else "零流量 no flow"


def account(lines: list[Line], *, weighted: bool, is_ph: bool) -> Account:
    """Return the day's mean computed from the hours that are used."""
    used = [one for one in lines if not one.why]
    values = [one.mean.value for one in used if one.mean is not None and one.mean.value is not None]
    if not values:
        return Account(0.0, 0.0, None, 0)
    if is_ph:
        ions = math.fsum(10.0**-value for value in values)
        return Account(ions, len(values), -math.log10(ions / len(values)), len(values))
    if not weighted:
        return Account(math.fsum(values), len(values), math.fsum(values) / len(values), len(values))
    flows = [one.flow.value for one in used if one.flow is not None and one.flow.value is not None]
    top = math.fsum(value * flow for value, flow in zip(values, flows, strict=True))
    return Account(top, math.fsum(flows), top / math.fsum(flows), len(values))


def _head(source: Source, day: Day) -> list[str]:
    subject, factor = day.subject, FACTORS[day.subject.factor]
    return head(
        f"{subject.title} 一天的账 from raw values to verdict",
        subject.key,
        source.day,
        [
            f"测点 point `{source.name(subject.point_id)}`（{factor.zh} {factor.en}，{factor.unit}）",
            (
                f"执行标准 standard {subject.scope}，环评批复 built {subject.built}，注册表 registry 版本 version"
                f" {source.registry.version_id}"
            ),
        ],
    )


def _hours(day: Day) -> list[str]:
    unit, is_ph = FACTORS[day.subject.factor].unit, day.subject.factor == PH
    heads = [
        "时 hour",
        f"读数与标记 readings, marks ({unit})",
        "有效/应有 valid/due",
        "标记 marks",
        f"时均 mean C ({unit})",
    ]
    heads += ["流量 flow Q (L/s)", "C·Q (mg/s)"] if day.weighted else ["10^−pH"] if is_ph else []
    rows = []
    for one in day.lines:
        row = [hour(one.at), readings(day.of_hour.get(one.at, [])), share(one.mean)]
        row += [one.mean.marks if one.mean else "", figure(one.mean.value if one.mean else None)]
        row += _weight(one) if day.weighted else _ions(one) if is_ph else []
        rows.append([*row, f"否 no：{one.why}" if one.why else "是 yes"])
    need = f"{number('share_due'):g}"
    return [
        "## 小时值 Hours",
        "",
        *table([*heads, "采用 used"], rows),
        "",
        (
            f"一小时有效 (✗ 为无效)：有效读数不少于应有的 {need}% (an hour is valid with {need} % of its due readings, HJ 356-2019)。"
            "标记 `N` 正常；`→` 后的小写字母为人工标记 (set by a person)；`迟` 为迟到 (late)。"
        ),
        "",
        *_hour_checks(day),
    ]


def _hour_checks(day: Day) -> list[str]:
    """Return, loudly, the hours whose stored mean is not that of their readings; readings no longer kept say nothing."""
    wrong = []
    for one in day.lines:
        of_hour = day.of_hour.get(one.at, [])
        values = [each.value for each in of_hour if (each.letter or each.mark) in _COUNTED]
        stored = one.mean.value if one.mean else None
        if of_hour and one.mean and not same(_plain_mean(values, is_ph=day.subject.factor == PH), stored):
            text = loud(f"存储的时均 stored {figure(stored, 10)}，读数之均 of its readings {_mean_text(values, day)}")
            wrong.append(f"- {hour(one.at)} {text}")
    return [*wrong, *([""] if wrong else [])]


def _mean_text(values: list[float], day: Day) -> str:
    return figure(_plain_mean(values, is_ph=day.subject.factor == PH), 10)


def _plain_mean(values: list[float], *, is_ph: bool) -> float | None:
    if not values:
        return None
    if is_ph:
        return -math.log10(math.fsum(10.0**-value for value in values) / len(values))
    return math.fsum(values) / len(values)


def _weight(one: Line) -> list[str]:
    flow = one.flow.value if one.flow is not None else None
    mark = "" if one.flow is None or one.flow.valid else " ✗"
    mean = one.mean.value if one.mean is not None else None
    product = mean * flow if not one.why and mean is not None and flow is not None else None
    return [figure(flow) + mark, figure(product)]


def _ions(one: Line) -> list[str]:
    mean = one.mean.value if one.mean is not None else None
    return ["—" if mean is None else f"{10.0**-mean:.7e}"]


def _mean(day: Day) -> list[str]:
    unit, is_ph = FACTORS[day.subject.factor].unit, day.subject.factor == PH
    found = account(day.lines, weighted=day.weighted, is_ph=is_ph)
    lines = ["## 日均值 Day mean", ""]
    if found.value is None:
        lines.append("- 没有可采用的小时 no hour can be used")
    elif is_ph:
        lines.append(
            f"- −lg(Σ10^−pH / n) = −lg({found.top:.9e} / {found.n}) = **{figure(found.value, 10)}**（不加权 not weighted）"
        )
    elif day.weighted:
        lines += [
            f"- Σ(C·Q) = {figure(found.top, 10)} mg/s，ΣQ = {figure(found.bottom, 10)} L/s，采用 hours used {found.n}",
            (
                f"- Σ(C·Q) / ΣQ = {figure(found.top, 10)} / {figure(found.bottom, 10)} = **{figure(found.value, 10)} {unit}**"
                "（流量加权 weighted with flow，HJ 356-2019）"
            ),
        ]
    else:
        lines.append(f"- ΣC / n = {figure(found.top, 10)} / {found.n} = **{figure(found.value, 10)} {unit}**")
    if day.stored is None:
        return [*lines, "- 没有存储的日均值 no day value is stored", ""]
    need = number("water_day_hours")
    lines.append(f"- {agreement(found.value, day.stored.value)}")
    if day.stored.n_valid != found.n:
        lines.append(f"- {loud(f'存储的有效小时 hours stored {day.stored.n_valid}，此处 here {found.n}')}")
    if day.stored.valid is not (found.n >= need):
        lines.append(f"- {loud(f'存储为 stored as {day.stored.valid}，按小时数 by its hours {found.n >= need}')}")
    sign, state = ("≥", "有效 valid") if day.stored.valid else ("<", "无效 not valid")
    note = f"；{day.stored.note}" if day.stored.note else ""
    return [
        *lines,
        f"- 有效小时 valid hours {day.stored.n_valid} {sign} {need:g}（HJ 356-2019）→ **{state}**{note}",
        "",
    ]


def _judged(source: Source, day: Day) -> list[str]:
    subject, said, temperature = day.subject, [], None
    lines = ["## 限值与判定 Limit and verdict", ""]
    if subject.water_temp_id is not None:
        held = day.temperature
        if held is not None and held.valid and held.value is not None:
            temperature = held.value
            lines.append(
                f"- 日均水温 water temperature of the day：**{figure(temperature, 6)} ℃**（{share(held)} 小时 hours）"
            )
            said = [f"当日水温 that day {figure(temperature, 6)} ℃"]
        else:
            lines.append("- 日均水温 water temperature：无有效值 unknown → 按严值 the stricter binds")
            said = ["水温缺失 temperature unknown"]
    limit = limit_on(rulebook.load()[_DAY_RULE], subject, source.day, temperature)
    if limit is not None:
        lines += limit_lines(limit, subject, said)
    of_day = [one for one in day.filed if one.rule == _DAY_RULE]
    lines += comparison(day.stored, limit)
    return [*lines, *verdict_lines(of_day, day.stored, limit, stable=source.stable)]
