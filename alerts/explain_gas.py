"""A stack pollutant's day, hour by hour: as measured → dry standard gas → reference O2 (GB 13271-2014 5.2) → verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from alerts.explain_parts import (
    amended_line,
    disagreements,
    head,
    hour_rules,
    in_force,
    limit_lines,
    marked,
    raw,
    readings,
    versions,
)
from alerts.explain_source import Filed, Marked, Reading, Source
from alerts.explain_text import NOTHING, figure, hour, loud, outcome, same, share, table
from alerts.judge import rules as rulebook
from alerts.judge.subjects import Subject
from alerts.judge.windows import limit_on
from schemas.catalog.enums import GasState
from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import OXYGEN, reference_o2
from schemas.catalog.validity import number
from schemas.records import Limit, Mean
from schemas.times import DAY

_MOISTURE, _TEMPERATURE, _PRESSURE, _AMBIENT = "a01014", "a01012", "a01013", "a01006"
_CONDITIONS = (_MOISTURE, _TEMPERATURE, _PRESSURE, _AMBIENT)
_RULE = "air_hour"
_KELVIN, _STANDARD_KPA, _AIR_O2 = 273.0, 101.325, 21.0
_STATE_ZH = {
    GasState.DRY_STANDARD: "标态干基 dry standard",
    GasState.WET_STANDARD: "标态湿基 wet standard",
    GasState.ACTUAL: "工况 as it flows",
}


class Hour(NamedTuple):
    """One hour: means by factor of the stack's device, and the converted one stored."""

    at: datetime
    held: Mapping[str, Mean]
    stored: Mean | None


class Day(NamedTuple):
    """All that is known of the day; *states*: in what state pollutant and oxygen are sent; *reference*: O2 in %."""

    subject: Subject
    raw_id: int
    factor: str
    states: tuple[GasState, GasState]
    reference: Limit | None
    hours: list[Hour]
    of_hour: Mapping[datetime, list[Reading]]
    marks: list[Marked]
    filed: list[Filed]
    limit: Limit | None


async def explain(source: Source, subject: Subject) -> list[str]:
    """Return the lines that lead from the readings of a stack's pollutant to the verdicts on the hours of the day."""
    day, names = await _day(source, subject)
    first = min((one.at for of_hour in day.of_hour.values() for one in of_hour), default=None)
    trace = None if first is None else (source.name(day.raw_id), first)
    rules = rulebook.load()
    return [
        *_head(source, day),
        *_hours(day),
        *marked(day.marks, names),
        "## 限值与判定 Limit and verdicts",
        "",
        *(limit_lines(day.limit, subject) if day.limit else ["- 当日没有生效限值 no limit in force that day"]),
        *hour_rules(day.filed, rules, (_RULE, "above_range")),
        *[f"- {amended_line(one, stable=source.stable)}" for one in day.filed if one.amended_at and one.rule == _RULE],
        versions(await source.versions([subject.point_id]), stable=source.stable),
        "",
        "## 原始数据 Where the raw bytes are",
        "",
        *raw(await source.batches([day.raw_id]), trace, stable=source.stable),
    ]


async def _day(source: Source, subject: Subject) -> tuple[Day, list[str]]:
    site_id, place, factor = subject.key.split("/")
    site = next(one for one in source.registry.document.sites if one.id == site_id)
    stack = next(one for one in site.stacks if one.id == place)
    device = next(one for one in site.devices if one.id == stack.device)
    points = {one.factor: one for one in device.points if one.factor in {factor, OXYGEN, *_CONDITIONS}}
    ids = {name: source.registry.points[site_id, device.id, name] for name in points}
    marks = await source.marks(ids.values())
    means = await source.hours([*ids.values(), subject.point_id])
    hours = [
        Hour(
            at,
            {name: means[point, at] for name, point in ids.items() if (point, at) in means},
            means.get((subject.point_id, at)),
        )
        for at in source.starts
    ]
    states = tuple(points[name].gas_state if name in points else GasState.DRY_STANDARD for name in (factor, OXYGEN))
    day = Day(
        subject=subject,
        raw_id=ids[factor],
        factor=factor,
        states=(states[0], states[1]),
        reference=reference_o2(subject.stack, source.day),
        hours=hours,
        of_hour=await source.readings(ids[factor], marks),
        marks=marks,
        filed=await source.verdicts([_RULE, "above_range"], source.start, source.start + DAY),
        limit=limit_on(rulebook.load()[_RULE], subject, source.day, None),
    )
    return day, [source.name(point) for point in ids.values()]


def _head(source: Source, day: Day) -> list[str]:
    factor, reference = FACTORS[day.factor], day.reference
    wanted = "无法折算 cannot be converted (锅炉的基准氧含量不一)"
    if reference is not None:
        state = "已核实 verified" if reference.verified else "**待核实 not verified**"
        wanted = f"{figure(reference.high)} %（{reference.standard} {reference.clause}，{state}）"
    return head(
        f"{day.subject.title} 一天的账 from raw values to verdict",
        day.subject.key,
        source.day,
        [
            (
                f"测点 point `{source.name(day.raw_id)}`（{factor.zh} {factor.en}，{factor.unit}，"
                f"{_STATE_ZH[day.states[0]]}；氧 O2 {_STATE_ZH[day.states[1]]}）"
            ),
            f"基准氧含量 reference O2：{wanted}",
            f"注册表 registry 版本 version {source.registry.version_id}",
        ],
    )


def _hours(day: Day) -> list[str]:
    as_measured = set(day.states) != {GasState.DRY_STANDARD}
    heads = ["时 hour", "读数 readings (mg/m3)", "C′ (mg/m3)", "有效/应有 valid/due", "O2′ (%)", "有效/应有 valid/due"]
    heads += [
        "湿度 moisture (%)",
        "温度 (℃)",
        "静压 (kPa)",
        "大气压 ambient (kPa)",
        "干标 C′ (mg/m3)",
        "干 O2′ (%)",
    ] * as_measured
    heads += ["折算 C (mg/m3)", "有效/应有 valid/due", "限值 limit", "判定 verdict"]
    verdicts = in_force(day.filed)
    rows, wrong = [], []
    for one in day.hours:
        found = verdicts.get((_RULE, one.at))
        dry, oxygen, computed = _converted(day, one)
        gas, o2 = one.held.get(day.factor), one.held.get(OXYGEN)
        row = [hour(one.at), readings(day.of_hour.get(one.at, [])), _value(gas), share(gas), _value(o2), share(o2)]
        if as_measured:
            row += [*(_value(one.held.get(name)) for name in _CONDITIONS), figure(dry), figure(oxygen)]
        row += [_stored(one, computed), share(one.stored), *_verdict(found, one.stored)]
        rows.append(row)
        if not same(computed, one.stored.value if one.stored else None):
            wrong.append(
                f"- {hour(one.at)} {loud(f'存储 stored {_value(one.stored)}，重算 computed {figure(computed, 10)}')}"
            )
        if found is not None:
            wrong += [f"- {hour(one.at)} {text[2:]}" for text in disagreements(found, one.stored, day.limit)]
    return ["## 小时值 Hours", "", *table(heads, rows), "", *_formula(day, as_measured=as_measured), *wrong, ""]


def _value(mean: Mean | None) -> str:
    return figure(mean.value if mean else None)


def _stored(one: Hour, computed: float | None) -> str:
    if one.stored is None or one.stored.value is None:
        return f"{NOTHING} {one.stored.note if one.stored else ''}".rstrip()
    return figure(one.stored.value) + ("" if same(computed, one.stored.value) else " ‼")


def _verdict(found: Filed | None, stored: Mean | None) -> list[str]:
    if found is None:
        return [NOTHING, "无判定 none" if stored else NOTHING]
    multiple = f"，倍数 multiple {found.body['multiple']}" if "multiple" in found.body else ""
    rounded = f"{found.body['rounded']:g} → " if "rounded" in found.body else ""
    return [figure(found.limit_value), f"{rounded}{outcome(found.outcome)}{multiple}"]


def _formula(day: Day, *, as_measured: bool) -> list[str]:
    reference = figure(day.reference.high) if day.reference else "?"
    lines = [
        (
            f"- C = C′ × (21 − {reference}) / (21 − O2′)（GB 13271-2014 5.2）；O2′ ≥ {number('o2_guard'):g} % 为停炉 (the boiler stands)；"
            f"小时有效 valid from {number('gas_hour_minutes'):g} min（HJ 75-2017）"
        ),
        (
            "- 折算列为存储值，与此处重算一致；不一致者标 ‼ 并列于下 (the stored value; where it is not the one computed here it is"
            " marked ‼ and listed below)"
        ),
    ]
    if as_measured:
        lines.append(
            "- 干标 C′ = C′ / [(1 − 湿度/100) × 273/(273 + t) × (Ba + Ps)/101.325]；标态湿基只除以 (1 − 湿度/100)（HJ 212-2017 D.2）；"
            "未测大气压取 101.325 kPa (where ambient pressure is not measured)"
        )
    return lines


def _converted(day: Day, one: Hour) -> tuple[float | None, float | None, float | None]:
    """Return dry concentration, dry O2 and the concentration at reference O2, computed here from the hour's means."""
    gas, o2 = one.held.get(day.factor), one.held.get(OXYGEN)
    known = {name: mean.value for name, mean in one.held.items() if mean.valid and mean.value is not None}
    ratio, wet = _shrinkage(day.states[0], known, measures=_AMBIENT in one.held), _dry_share(known)
    dry = gas.value / ratio if gas is not None and gas.value is not None and ratio is not None else None
    share_dry = 1.0 if day.states[1] is GasState.DRY_STANDARD else wet
    oxygen = o2.value / share_dry if o2 is not None and o2.value is not None and share_dry is not None else None
    usable = o2 is not None and o2.valid and oxygen is not None and oxygen < number("o2_guard")
    if dry is None or oxygen is None or not usable or day.reference is None or day.reference.high is None:
        return dry, oxygen, None
    return dry, oxygen, dry * (_AIR_O2 - day.reference.high) / (_AIR_O2 - oxygen)


def _dry_share(known: Mapping[str, float]) -> float | None:
    moisture = known.get(_MOISTURE)
    return None if moisture is None else 1 - moisture / 100


def _shrinkage(state: GasState, known: Mapping[str, float], *, measures: bool) -> float | None:
    """Return dry standard m3 in one m3 of *state* (HJ 212-2017 D.2); *measures*: the ambient pressure has an instrument."""
    if state is GasState.DRY_STANDARD:
        return 1.0
    dry = _dry_share(known)
    if dry is None or state is GasState.WET_STANDARD:
        return dry
    temperature, static = known.get(_TEMPERATURE), known.get(_PRESSURE)
    ambient = known.get(_AMBIENT) if measures else _STANDARD_KPA
    if temperature is None or static is None or ambient is None:
        return None
    return dry * _KELVIN / (_KELVIN + temperature) * (ambient + static) / _STANDARD_KPA
