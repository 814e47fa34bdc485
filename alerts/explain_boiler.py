"""A boiler's day, hour by hour: the direct method's inputs → η with its band, the indirect η beside it → verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from alerts.explain_heat import Heat, heat, lower_heating_value, names
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
from alerts.explain_text import NOTHING, agreement, figure, hour, loud, outcome, same, share, table
from alerts.judge import rules as rulebook
from alerts.judge.subjects import Subject
from alerts.judge.windows import limit_on
from schemas.catalog.enums import FUEL_ZH, Medium
from schemas.catalog.factors import FACTORS
from schemas.records import Limit, Mean
from schemas.registry.derived import INDIRECT
from schemas.registry.model import Boiler
from schemas.times import DAY, day_start, month_start, next_month

_STEAM = ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_steam_temp", "yx_b_feed_temp", "yx_b_blowdown_flow")
_WATER = ("yx_b_water_flow", "yx_b_water_pressure", "yx_b_supply_temp", "yx_b_return_temp")
_FLUE = ("a19001", "a01012", "a21005", "yx_b_air_temp")
_RULE, _PROGRESS = "boiler_efficiency", "boiler_progress"


class Day(NamedTuple):
    """All that is known of the day; *inputs*: factor → point; *lhv*: kJ/kg or kJ/Nm3, of the analysis of *analysed*."""

    boiler: Boiler
    lhv: float
    analysed: date | None
    inputs: Mapping[str, int]
    subject: Subject
    indirect_id: int
    means: Mapping[tuple[int, datetime], Mean]
    marks: list[Marked]
    filed: list[Filed]
    limit: Limit | None


async def explain(source: Source, subject: Subject) -> list[str]:
    """Return the lines that lead from a boiler's hour means to its efficiency and the verdicts on the hours of the day."""
    day = await _day(source, subject)
    fuel = day.inputs[f"yx_b_{day.boiler.fuel}_flow"]
    of_hour = await source.readings(fuel, day.marks)
    first = min((one.at for held in of_hour.values() for one in held), default=None)
    trace = None if first is None else (source.name(fuel), first)
    stored = (await source.days([subject.point_id])).get(subject.point_id)
    return [
        *_head(source, day),
        *_hours(source, day),
        *marked(day.marks, [source.name(point) for point in day.inputs.values()]),
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


async def _day(source: Source, subject: Subject) -> Day:
    site_id, boiler_id = subject.key.split("/")
    site = next(one for one in source.registry.document.sites if one.id == site_id)
    boiler = next(one for one in site.boilers if one.id == boiler_id)
    device = next(one for one in site.devices if one.id == boiler.device)
    kind = _WATER if boiler.medium is Medium.HOT_WATER else _STEAM
    sent = {point.factor for point in device.points}
    wanted = [factor for factor in (*kind, f"yx_b_{boiler.fuel}_flow", *_FLUE) if factor in sent]
    inputs = {factor: source.registry.points[site_id, device.id, factor] for factor in wanted}
    indirect_id = source.registry.points[site_id, boiler_id, INDIRECT]
    lhv, analysed = lower_heating_value(boiler, site.analyses, source.day)
    limit = limit_on(rulebook.load()[_RULE], subject, source.day, None) if subject.rule == _RULE else None
    return Day(
        boiler=boiler,
        lhv=lhv,
        analysed=analysed,
        inputs=inputs,
        subject=subject,
        indirect_id=indirect_id,
        means=await source.hours([*inputs.values(), subject.point_id, indirect_id]),
        marks=await source.marks(inputs.values()),
        filed=await source.verdicts([_RULE], source.start, source.start + DAY),
        limit=limit,
    )


def _head(source: Source, day: Day) -> list[str]:
    boiler, (lhv, analysed) = day.boiler, (day.lhv, day.analysed)
    fired = f"{figure(lhv)} {f'按化验 analysed {analysed}' if analysed else '按登记 registered'}"
    if boiler.medium is Medium.HOT_WATER:
        formula = "η = 1000 × G × (h供 − h回) / (B × Q) × 100"
    elif "yx_b_blowdown_flow" in day.inputs:
        formula = "η = 1000 × [D × (h汽 − h给) + D排 × (h′ − h给)] / (B × Q) × 100"
    else:
        formula = "η = 1000 × D × (h汽 − h给) / (B × Q) × 100"
    formula += "，h汽 = h″ − (h″ − h′) × 湿度/100" if boiler.medium is Medium.SATURATED_STEAM else ""
    wet = f"，蒸汽湿度 wetness {boiler.wetness_pct:g} %" if boiler.medium is Medium.SATURATED_STEAM else ""
    unit = "MW" if boiler.medium is Medium.HOT_WATER else "t/h"
    return head(
        f"{day.subject.title} 一天的账 from raw values to verdict",
        day.subject.key,
        source.day,
        [
            (
                f"{FUEL_ZH[boiler.fuel]} {boiler.fuel}，{boiler.medium}，额定 rated {boiler.rated:g} {unit}，制造 manufactured"
                f" {boiler.manufactured}，低位热值 lower heating value Q = {fired} kJ/(kg 或 Nm3){wet}"
            ),
            (
                f"正平衡 direct method（GB/T 10180-2017）：{formula}；焓 enthalpies (kJ/kg) 按 IAPWS-IF97，绝压 absolute ="
                " 表压 gauge + 0.101325 MPa"
            ),
            f"注册表 registry 版本 version {source.registry.version_id}",
        ],
    )


def _hours(source: Source, day: Day) -> list[str]:
    steps = names(day.boiler, blowdown="yx_b_blowdown_flow" in day.inputs)
    heads = ["时 hour", *(f"{FACTORS[name].zh} ({FACTORS[name].unit})" for name in day.inputs), "输入有效 inputs valid"]
    heads += [*(f"{name} (kJ/kg)" for name in steps), "η 正平衡 direct (%)", "95% 区间 band", "η 反平衡 indirect (%)"]
    verdicts = in_force(day.filed)
    rows, wrong = [], []
    for at in source.starts:
        held = {name: day.means.get((point, at)) for name, point in day.inputs.items()}
        direct, found = day.means.get((day.subject.point_id, at)), verdicts.get((_RULE, at))
        again = _again(day, held, direct)
        bad = [FACTORS[name].zh for name, mean in held.items() if mean is None or not mean.valid]
        row = [hour(at), *(_value(mean) for mean in held.values()), f"✗ {'、'.join(bad)}" if bad else share(direct)]
        row += [figure(again.enthalpies[name]) if again else NOTHING for name in steps]
        rows.append([*row, *_results(direct, day.means.get((day.indirect_id, at))), _outcome(found)])
        if again is not None and not same(again.efficiency_pct, direct.value if direct else None):
            text = loud(f"η 存储 stored {_value(direct)}，重算 computed {figure(again.efficiency_pct)}")
            wrong.append(f"- {hour(at)} {text}")
        if found is not None:
            wrong += [f"- {hour(at)} {text[2:]}" for text in disagreements(found, direct, day.limit)]
    said = (
        "- η 按上列数值重算，与存储值一致；不一致者列于下 (η is computed anew from the columns; where the stored one is another it"
        " is listed below)"
    )
    return ["## 小时值 Hours", "", *table([*heads, "说明 notes", "判定 verdict"], rows), "", said, *wrong, ""]


def _again(day: Day, held: Mapping[str, Mean | None], direct: Mean | None) -> Heat | None:
    """Return the hour's η computed here; None where none is stored: the note there says why."""
    if direct is None or direct.value is None:
        return None
    values = {name: mean.value for name, mean in held.items() if mean and mean.valid and mean.value is not None}
    return heat(day.boiler, values, day.lhv)


def _results(direct: Mean | None, other: Mean | None) -> list[str]:
    notes = [f"{word} {one.note}" for word, one in (("正", direct), ("反", other)) if one is not None and one.note]
    return [_value(direct), _band(direct), _value(other), "；".join(notes)]


def _value(mean: Mean | None) -> str:
    return figure(mean.value if mean else None)


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
    top, bottom = math.fsum(eta * burnt for eta, burnt in pairs), math.fsum(burnt for _, burnt in pairs)
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
