"""The wall's right side as HTML: outlets, boilers' words, budgets, the county. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk import dials, words
from alerts.desk.panels import heading
from alerts.desk.words import number, safe
from alerts.judge.subjects import DAY_FACTORS
from schemas.catalog.enums import Outcome
from schemas.catalog.factors import FACTORS

if TYPE_CHECKING:
    from alerts.desk.facts import BoilerView, BudgetView, CellView, CountyEnergy, OutletView, Snapshot

_STANDARD_ZH = {"GB18918-1A": "一级A", "GB18918-1B": "一级B"}


def outlets(snapshot: Snapshot) -> str:
    """Return the sewage outlets' newest valid days against the limits."""
    head = heading("污水排放口日均值", "Sewage outlets, daily means", "mg/L · GB 18918")
    names = "".join(f"<th>{safe(FACTORS[factor].zh)}</th>" for factor in DAY_FACTORS)
    rows = "".join(_outlet(outlet) for outlet in snapshot.outlets)
    return f"{head}<table><thead><tr><th>排放口</th>{names}<th>日期</th></tr></thead><tbody>{rows}</tbody></table>"


def _outlet(outlet: OutletView) -> str:
    cells = "".join(_cell(cell) for cell in outlet.cells)
    standard = _STANDARD_ZH.get(outlet.standard, outlet.standard)
    name = f'<td class="name">{safe(outlet.site)}<i>{safe(outlet.name)} · {safe(standard)}</i></td>'
    return f'<tr>{name}{cells}<td class="day">{words.month_day(outlet.day)}</td></tr>'


def _cell(cell: CellView) -> str:
    kind = "none" if cell.value is None else "over" if cell.exceeding else "under"
    limit = f"≤{cell.limit:g}" if cell.limit is not None else "—"
    return f'<td class="{kind}"><b>{number(cell.value, cell.decimals)}</b><i>{limit}</i></td>'


def boilers(snapshot: Snapshot) -> str:
    """Return the heading over the dials: which hour they show and what the chips under them mean."""
    hour = max((boiler.hour for boiler in snapshot.boilers if boiler.hour), default=None)
    shown = f"{words.minute(hour)} 时段 · " if hour else ""
    return heading("锅炉热效率", "Boiler efficiency", f"{shown}三位一体档案 <em>! 逾期 ✗ 不合格</em>")


def dial_words(boiler: BoilerView) -> str:
    """Return what stands in and under a boiler's dial."""
    value = f"<b>{number(boiler.value, 1)}</b><u>%</u>" if boiler.value is not None else "<b>—</b>"
    if boiler.limit is not None:
        target = f"{boiler.fuel} · 限值 ≥{boiler.limit:g}%"
    elif boiler.baseline is not None:
        target = f"基准 {boiler.baseline:g} +5 → {boiler.baseline + 5:g}%"
    else:
        target = "无适用限值"
    checks = "".join(
        f'<span class="{"due" if check.overdue or not check.passed else ""}">{check.kind[:2]}'
        f"{'!' if check.overdue else '✓' if check.passed else '✗'}</span>"
        for check in boiler.checks
    )
    state = {dials.GOOD: "good", dials.BAD: "bad"}.get(dials.colour(boiler), "quiet")
    return (
        f'<div class="num {state}">{value}</div><div class="who">{safe(boiler.site)}</div>'
        f'<div class="limit">{target}</div><div class="note">{safe(boiler.note)}</div>'
        f'<div class="checks">{checks}</div>'
    )


def budgets(snapshot: Snapshot) -> str:
    """Return the months against the budgets as bars, and the county's bar under them."""
    head = heading(
        "用能预算 · 本月",
        "Energy budgets, month to date",
        '<span class="key-used">已用</span><span class="key-proj">推算月末</span><span class="key-cap">月预算</span>',
    )
    bars = "".join(_budget(budget) for budget in snapshot.budgets)
    return f'{head}<div class="bars">{bars}{_county(snapshot.energy)}</div>'


def _budget(budget: BudgetView) -> str:
    if budget.used is None or not budget.allowed:
        return f'<div class="bar quiet"><div class="name">{safe(budget.site)}</div><div class="track"></div><div class="num">—<i>{safe(budget.why)}</i></div></div>'
    state = {Outcome.EXCEEDING: "over", Outcome.COMPLIANT: "under"}.get(Outcome(budget.outcome), "quiet")
    if budget.kind == "projected":
        state = "proj"
    word = {"over": "已超支", "proj": "预计超支", "under": "预算内", "quiet": budget.why or "不作判定"}[state]
    bar = _track(budget.used, budget.projected, budget.allowed)
    return (
        f'<div class="bar {state}"><div class="name">{safe(budget.site)}</div>{bar}'
        f'<div class="num">{number(budget.used, 0)}<u>/{number(budget.allowed, 0)}</u><i>{safe(word)}</i></div></div>'
    )


def _county(energy: CountyEnergy | None) -> str:
    if energy is None:
        return ""
    cap = f"<u>/{number(energy.cap, 0)}</u>" if energy.cap else ""
    through = f"至 {words.month_day(energy.through)}" if energy.through else "暂无数据"
    bar = _track(energy.used, None, energy.cap) if energy.cap else '<div class="track"></div>'
    return (
        f'<div class="bar county"><div class="name">全县在线计量综合能耗<i>总量控制 ÷ 12</i></div>{bar}'
        f'<div class="num">{number(energy.used, 0)}{cap}<i>tce · {through}</i></div></div>'
    )


def _track(used: float, projected: float | None, allowed: float) -> str:
    """Return a bar whose full length leaves room beyond the budget."""
    full = max(used, projected or 0.0, allowed) * 1.08
    hatch = f'<div class="proj" style="width:{(projected or 0.0) / full:.2%}"></div>' if projected else ""
    return (
        f'<div class="track">{hatch}<div class="used" style="width:{used / full:.2%}"></div>'
        f'<div class="cap" style="left:{allowed / full:.2%}"></div></div>'
    )
