"""A unit's energy of a day: registers → gains → standard coal (GB/T 2589-2020) → month and year against the budget."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from alerts.explain_parts import amended_line, head, marked, raw, versions
from alerts.explain_text import NOTHING, agreement, figure, loud, outcome, same, second, table
from alerts.judge.budget import budget_in_force, month_budget
from alerts.judge.facts import Facts
from schemas.catalog.energy import factor_on
from schemas.catalog.enums import CARRIER_ZH, Balance, ElectricityBasis, PointKind
from schemas.catalog.factors import FACTORS
from schemas.records import Mean
from schemas.registry.model import Point
from schemas.times import day_start, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.explain_source import Filed, Marked, Source
    from alerts.judge.subjects import Subject
    from schemas.registry.model import Budget, Site

_MONTH, _YEAR = "energy_budget", "energy_year"


class Counted(NamedTuple):
    """One meter's day: what it counted, the factor in kgce per register unit and where that stands."""

    name: str
    point: Point
    mean: Mean | None
    kgce: float
    clause: str
    verified: bool

    @property
    def tce(self) -> float | None:
        """Standard coal in t, sold energy negative."""
        if self.mean is None or self.mean.value is None:
            return None
        return (-1 if self.point.balance is Balance.OUT else 1) * self.mean.value * (self.kgce / 1000)


async def explain(source: Source, subject: Subject) -> list[str]:
    """Return the lines that lead from a unit's registers to the day's standard coal and the verdicts on month and year."""
    site = next(one for one in source.registry.document.sites if one.id == subject.site_id)
    points = {
        source.registry.points[site.id, device.id, point.factor]: point
        for device in site.devices
        for point in device.points
        if point.carrier and point.balance is not Balance.NONE
    }
    marks = await source.marks(points)
    means = await source.days([*points, subject.point_id])
    counted = [_counted(source, site, number, point, means.get(number)) for number, point in points.items()]
    month, year = month_start(source.day), date(source.day.year, 1, 1)
    filed = [
        *await source.verdicts([_MONTH], day_start(month), day_start(next_month(month))),
        *await source.verdicts([_YEAR], day_start(year), day_start(date(year.year + 1, 1, 1))),
    ]
    return [
        *_head(source, site, subject),
        *_day(counted, means.get(subject.point_id)),
        *marked(marks, [source.name(number) for number in points]),
        *await _month(source, subject),
        *await _verdicts(source, subject, filed),
        versions(await source.versions([*points, subject.point_id]), stable=source.stable),
        "",
        "## 原始数据 Where the raw bytes are",
        "",
        *raw(await source.batches(points), await _first(source, points, marks), stable=source.stable),
    ]


async def _first(source: Source, points: Mapping[int, Point], marks: list[Marked]) -> Any:
    for number in points:
        of_hour = await source.readings(number, marks)
        first = min((one.at for held in of_hour.values() for one in held), default=None)
        if first is not None:
            return source.name(number), first
    return None


def _basis(site: Site, day: date) -> ElectricityBasis:
    budget = budget_in_force(site.budgets, day)
    return budget.electricity if budget else ElectricityBasis.CALORIFIC


def _counted(source: Source, site: Site, number: int, point: Point, mean: Mean | None) -> Counted:
    assert point.carrier is not None, "only meters of a carrier are handed over"
    row = factor_on(point.carrier, _basis(site, source.day), source.day, lhv_kj=point.lhv_kj)
    return Counted(source.name(number), point, mean, row.kgce, f"{row.standard} {row.clause}", row.verified)


def _head(source: Source, site: Site, subject: Subject) -> list[str]:
    basis = {ElectricityBasis.CALORIFIC: "当量值 calorific", ElectricityBasis.EQUIVALENT: "等价值 equivalent"}
    return head(
        f"{subject.title} 一天的账 from raw values to verdict",
        subject.key,
        source.day,
        [
            f"电力折标 electricity counted as：{basis[_basis(site, source.day)]}",
            f"注册表 registry 版本 version {source.registry.version_id}",
        ],
    )


def _day(counted: list[Counted], stored: Mean | None) -> list[str]:
    heads = [
        "表计 meter",
        "期初示数 opening",
        "期末示数 closing",
        "消费量 gain",
        "单位 unit",
        "有效/应有 valid/due",
        "标记 marks",
    ]
    heads += ["折标系数 factor (kgce/unit)", "出处 source", "标准煤 (tce)"]
    rows = [_row(one) for one in counted]
    known = [one.tce for one in counted if one.tce is not None]
    total = math.fsum(known) if known else None
    terms = " + ".join(figure(one, 10) for one in known) or NOTHING
    lines = ["## 当日消费 Consumption of the day", "", *table(heads, rows), ""]
    lines += [f"- {one.name}：{one.mean.note}" for one in counted if one.mean is not None and one.mean.note]
    lines += [
        "- tce = 消费量 gain × 系数 factor / 1000；外供为负 (sold: negative)；`e` 为按时间分摊的估算 (shared out over a gap)"
    ]
    lines.append(f"- 合计 sum：{terms} = **{figure(total, 10)} tce**")
    if stored is None:
        return [*lines, "- 没有存储的日值 no day value is stored", ""]
    state = "有效 valid" if stored.valid else "无效 not valid"
    return [*lines, f"- {agreement(total, stored.value)}；{state}{f'；{stored.note}' if stored.note else ''}", ""]


def _row(one: Counted) -> list[str]:
    mean, unit = one.mean, FACTORS[one.point.factor].unit
    sign = "（外供 sold）" if one.point.balance is Balance.OUT else ""
    carrier = CARRIER_ZH[one.point.carrier] if one.point.carrier else ""
    state = "" if one.verified else "，**待核实 not verified**"
    if mean is None:
        return [
            f"{carrier} {one.name}{sign}",
            *[NOTHING] * 3,
            unit,
            *[NOTHING] * 2,
            figure(one.kgce),
            one.clause + state,
            NOTHING,
        ]
    registers = (
        [figure(mean.low, 12), figure(mean.high, 12)] if one.point.kind is PointKind.COUNTER else [NOTHING, NOTHING]
    )
    valid = f"{mean.n_valid}/{mean.n_expected}{'' if mean.valid else ' ✗'}"
    return [
        f"{carrier} {one.name}{sign}", *registers, figure(mean.value, 12), unit, valid, mean.marks, figure(one.kgce),
        one.clause + state, figure(one.tce, 10),
    ]  # fmt: skip


async def _month(source: Source, subject: Subject) -> list[str]:
    month, budget = month_start(source.day), budget_in_force(subject.budgets, source.day)
    held = (await Facts(source.db).day_span([subject.point_id], month, source.day))[subject.point_id]
    values = [mean.value for _, mean in held if mean.value is not None]
    used, n_valid = math.fsum(values), sum(mean.valid for _, mean in held)
    lines = ["## 本月 Month to date", ""]
    lines.append(
        f"- {month} – {source.day}：{len(values)} 天有值 days with a value，{n_valid} 天有效 valid，合计 sum **{figure(used, 10)} tce**"
    )
    if budget is None:
        return [*lines, "- 当日没有生效的用能预算 no budget in force that day", ""]
    allowed = month_budget(budget, month)
    part = _share(budget, month)
    return [
        *lines,
        (
            f"- 本月份额 the month's share：{figure(budget.annual_tce)} tce × {part} = **{figure(allowed, 10)} tce**"
            f"（预算自 budget from {budget.valid_from}）"
        ),
        f"- 已用 used：{figure(used, 10)} / {figure(allowed, 10)} = {used / allowed:.2%}",
        "",
    ]


def _share(budget: Budget, month: date) -> str:
    if budget.shares:
        return figure(budget.shares[month.month - 1])
    days = (date(month.year + 1, 1, 1) - date(month.year, 1, 1)).days
    return f"{(next_month(month) - month).days}/{days}（按天数 by days）"


async def _verdicts(source: Source, subject: Subject, filed: list[Filed]) -> list[str]:
    lines = ["## 判定 Verdicts on month and year", ""]
    if not filed:
        lines.append("- 尚无判定 no verdict yet")
    for one in filed:
        if one.amended_at is not None:
            continue
        when = "" if source.stable else f" 判定 verdict {one.verdict_id}，判定于 judged at {second(one.judged_at)}"
        word = "本月 month" if one.rule == _MONTH else "本年 year"
        lines.append(
            f"- {word}{when}：**{outcome(one.outcome)}** {_kind(one.body)}，规则版本 rules {one.body.get('rule_version')}"
        )
        lines += [f"  - {text}" for text in _figures(one.body)]
        if one.rule == _MONTH:
            lines += await _check(source, subject, one)
    amended = [f"- {amended_line(one, stable=source.stable)}" for one in filed if one.amended_at is not None]
    return [*lines, *amended]


def _kind(body: Mapping[str, Any]) -> str:
    return "，".join(str(body[name]) for name in ("kind", "level", "multiple", "why") if name in body)


def _figures(body: Mapping[str, Any]) -> list[str]:
    words = (
        ("used", "已用 used"), ("certain", "确定 certain"), ("estimated", "估算 estimated"), ("allowed", "允许 allowed"),
        ("plan_to_date", "计划进度 plan to date"), ("projected", "推算 projected"),
    )  # fmt: skip
    amounts = "，".join(f"{word} {figure(body[name], 10)}" for name, word in words if body.get(name) is not None)
    lines = [f"截至 through {body.get('through')}：{amounts} {body.get('unit', '')}"]
    lines.append(
        f"已知天数 days known {body.get('n_known')}/{body.get('n_expected')}，有效 valid {body.get('n_valid')}"
    )
    for name, one in (body.get("projections") or {}).items():
        if one:
            band = f"（95% {figure(one['low'], 6)}–{figure(one['high'], 6)}）"
            lines.append(f"推算 projection {name}：{figure(one['value'], 8)} {band}")
    if body.get("probability") is not None:
        lines.append(
            f"超限概率 probability {body['probability']:.4f}，预计越限日 passes on {body.get('passes_on') or NOTHING}"
        )
    if body.get("method"):
        lines.append(f"方法 method：{body['method']}")
    return lines


async def _check(source: Source, subject: Subject, one: Filed) -> list[str]:
    """Return, loudly, that the month's verdict rests on other days than are stored now."""
    through = date.fromisoformat(one.body["through"])
    held = (await Facts(source.db).day_span([subject.point_id], month_start(through), through))[subject.point_id]
    now = math.fsum(mean.value for _, mean in held if mean.value is not None)
    if same(one.value, now):
        return [f"  - 存储日值之和与判定一致 the stored days add up to it：{figure(now, 10)}"]
    return [
        f"  - {loud(f'判定所据 the verdict rests on {figure(one.value, 12)}，现存日值之和 stored days {figure(now, 12)}')}"
    ]
