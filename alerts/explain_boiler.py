"""A boiler's day, hour by hour: the direct method's inputs → η with its band, the indirect η beside it → verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.explain_parts import (
    amended_line,
    disagreements,
    head,
    hour_rules,
    in_force,
    limit_lines,
    marked,
    raw,
    versions,
)
from alerts.explain_source import Filed, Marked, Source
from alerts.explain_text import NOTHING, agreement, figure, hour, outcome, share, table
from alerts.judge import rules as rulebook
from alerts.judge.subjects import Subject
from alerts.judge.windows import limit_on
from schemas.catalog.enums import FUEL_ZH, Medium
from schemas.catalog.factors import FACTORS
from schemas.records import Limit, Mean
from schemas.registry.derived import INDIRECT
from schemas.registry.model import Boiler
from schemas.times import DAY, day_start, month_start, next_month

if TYPE_CHECKING:
    from schemas.registry.model import Site

_STEAM = ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_steam_temp", "yx_b_feed_temp", "yx_b_blowdown_flow")
_WATER = ("yx_b_water_flow", "yx_b_water_pressure", "yx_b_supply_temp", "yx_b_return_temp")
_FLUE = ("a19001", "a01012", "a21005", "yx_b_air_temp")
_RULE, _PROGRESS = "boiler_efficiency", "boiler_progress"


class Day(NamedTuple):
    """All that is known of the day; *inputs*: factor → point."""

    boiler: Boiler
    inputs: Mapping[str, int]
    subject: Subject
    indirect_id: int
    means: Mapping[tuple[int, datetime], Mean]
    marks: list[Marked]
    filed: list[Filed]
    limit: Limit | None


async def explain(source: Source, subject: Subject) -> list[str]:
    """Return the lines that lead from a boiler's hour means to its efficiency and the verdicts on the hours of the day."""
    site, day = await _day(source, subject)
    names = [source.name(point) for point in day.inputs.values()]
    fuel = day.inputs[f"yx_b_{day.boiler.fuel}_flow"]
    of_hour = await source.readings(fuel, day.marks)
    first = min((one.at for held in of_hour.values() for one in held), default=None)
    trace = None if first is None else (source.name(fuel), first)
    stored = (await source.days([subject.point_id])).get(subject.point_id)
    return [
        *_head(source, site, day),
        *_hours(source, day),
        *marked(day.marks, names),
        *_mean(source, day, fuel, stored),
        "## 限值与判定 Limit and verdicts",
        "",
        *_judged(source, day),
        *await _progress(source, subject),
        versions(await source.versions([subject.point_id, day.indirect_id]), stable=source.stable),
        "",
        "## 原始数据 Where the raw bytes are",
        "",
        *raw(await source.batches(day.inputs.values()), trace, stable=source.stable),
    ]


async def _day(source: Source, subject: Subject) -> tuple[Site, Day]:
    site_id, boiler_id = subject.key.split("/")
    site = next(one for one in source.registry.document.sites if one.id == site_id)
    boiler = next(one for one in site.boilers if one.id == boiler_id)
    device = next(one for one in site.devices if one.id == boiler.device)
    kind = _WATER if boiler.medium is Medium.HOT_WATER else _STEAM
    sent = {point.factor for point in device.points}
    wanted = [factor for factor in (*kind, f"yx_b_{boiler.fuel}_flow", *_FLUE) if factor in sent]
    inputs = {factor: source.registry.points[site_id, device.id, factor] for factor in wanted}
    indirect_id = source.registry.points[site_id, boiler_id, INDIRECT]
    limit = limit_on(rulebook.load()[_RULE], subject, source.day, None) if subject.rule == _RULE else None
    return site, Day(
        boiler=boiler,
        inputs=inputs,
        subject=subject,
        indirect_id=indirect_id,
        means=await source.hours([*inputs.values(), subject.point_id, indirect_id]),
        marks=await source.marks(inputs.values()),
        filed=await source.verdicts([_RULE], source.start, source.start + DAY),
        limit=limit,
    )


def _head(source: Source, site: Site, day: Day) -> list[str]:
    boiler = day.boiler
    held = [one for one in site.analyses if one.boiler == boiler.id and one.day <= source.day and one.lhv is not None]
    newest = max(held, key=lambda one: (one.day, one.lhv or 0), default=None)
    heat = (
        f"{figure(boiler.lhv)} 按登记 registered"
        if newest is None
        else f"{figure(newest.lhv)} 按化验 analysed {newest.day}"
    )
    if boiler.medium is Medium.HOT_WATER:
        formula = "η = G × 1000 × (h出 − h回) / (B × Q) × 100"
    else:
        formula = "η = 1000 × [D × (h汽 − h给) + D排 × (h′ − h给)] / (B × Q) × 100"
    wet = f"，蒸汽湿度 wetness {boiler.wetness_pct:g} %" if boiler.medium is Medium.SATURATED_STEAM else ""
    unit = "MW" if boiler.medium is Medium.HOT_WATER else "t/h"
    return head(
        f"{day.subject.title} 一天的账 from raw values to verdict",
        day.subject.key,
        source.day,
        [
            (
                f"{FUEL_ZH[boiler.fuel]} {boiler.fuel}，{boiler.medium}，额定 rated {boiler.rated:g} {unit}，制造 manufactured"
                f" {boiler.manufactured}，低位热值 lower heating value Q = {heat} kJ/(kg 或 Nm3){wet}"
            ),
            (
                f"正平衡 direct method（GB/T 10180-2017）：{formula}；焓 enthalpies (kJ/kg) 按 IAPWS-IF97，绝压 absolute ="
                " 表压 gauge + 0.101325 MPa"
            ),
            f"注册表 registry 版本 version {source.registry.version_id}",
        ],
    )


def _hours(source: Source, day: Day) -> list[str]:
    heads = ["时 hour", *(f"{FACTORS[name].zh} ({FACTORS[name].unit})" for name in day.inputs), "输入有效 inputs valid"]
    heads += ["η 正平衡 direct (%)", "95% 区间 band", "η 反平衡 indirect (%)", "说明 notes", "判定 verdict"]
    verdicts = in_force(day.filed)
    rows, wrong = [], []
    for at in source.starts:
        held = {name: day.means.get((point, at)) for name, point in day.inputs.items()}
        direct, other = day.means.get((day.subject.point_id, at)), day.means.get((day.indirect_id, at))
        found = verdicts.get((_RULE, at))
        bad = [FACTORS[name].zh for name, mean in held.items() if mean is None or not mean.valid]
        notes = [
            f"正 {direct.note}" if direct and direct.note else "",
            f"反 {other.note}" if other and other.note else "",
        ]
        row = [hour(at), *(_value(mean) for mean in held.values()), f"✗ {'、'.join(bad)}" if bad else share(direct)]
        row += [_value(direct), _band(direct), _value(other), "；".join(filter(None, notes)), _outcome(found)]
        rows.append(row)
        if found is not None:
            wrong += [f"- {hour(at)} {text[2:]}" for text in disagreements(found, direct, day.limit)]
    return ["## 小时值 Hours", "", *table(heads, rows), "", *wrong, *([""] if wrong else [])]


def _value(mean: Mean | None) -> str:
    return figure(mean.value if mean else None, 6)


def _band(mean: Mean | None) -> str:
    if mean is None or mean.low is None or mean.high is None:
        return NOTHING
    return f"{mean.low:.2f}–{mean.high:.2f}"


def _outcome(found: Filed | None) -> str:
    if found is None:
        return "无判定 none"
    rounded = f"{found.body['rounded']:g} → " if "rounded" in found.body else ""
    doubt = "，疑似 within the uncertainty" if found.body.get("suspected") else ""
    return f"{rounded}{outcome(found.outcome)}{doubt}"


def _mean(source: Source, day: Day, fuel: int, stored: Mean | None) -> list[str]:
    pairs = []
    for at in source.starts:
        eta, burnt = day.means.get((day.subject.point_id, at)), day.means.get((fuel, at))
        if eta is None or not eta.valid or eta.value is None or burnt is None or not burnt.valid or not burnt.value:
            continue
        pairs.append((eta.value, burnt.value))
    lines = ["## 日效率 Efficiency of the day", ""]
    if not pairs:
        return [*lines, "- 没有有效小时 no hour is valid", ""]
    top, bottom = sum(eta * burnt for eta, burnt in pairs), sum(burnt for _, burnt in pairs)
    unit = FACTORS[f"yx_b_{day.boiler.fuel}_flow"].unit
    return [
        *lines,
        f"- Σ(η·B) / ΣB = {figure(top, 10)} / {figure(bottom, 10)} {unit} = **{figure(top / bottom)} %**（{len(pairs)} 小时 hours）",
        f"- {agreement(top / bottom, stored.value if stored else None)}{f'；{stored.note}' if stored and stored.note else ''}",
        "",
    ]


def _judged(source: Source, day: Day) -> list[str]:
    if day.subject.rule != _RULE:
        return [
            "- 计划的 80/92 % 只约束 2020 年起制造的锅炉；在用锅炉按 2015 年基准提高 5 个百分点，按月判定 (judged by the month)"
        ]
    lines = limit_lines(day.limit, day.subject) if day.limit else ["- 当日没有生效限值 no limit in force that day"]
    amended = [f"- {amended_line(one, stable=source.stable)}" for one in day.filed if one.amended_at is not None]
    return [*lines, *hour_rules(day.filed, rulebook.load(), (_RULE,)), *amended]


async def _progress(source: Source, subject: Subject) -> list[str]:
    if subject.rule != _PROGRESS:
        return []
    month = month_start(source.day)
    filed = await source.verdicts([_PROGRESS], day_start(month), day_start(next_month(month)))
    if not filed:
        return ["- 本月尚无判定 no verdict of the month yet"]
    return hour_rules(filed, rulebook.load(), (_PROGRESS,))
