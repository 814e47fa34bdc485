"""Energy: months against budgets, the county's year against its caps. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from alerts.desk import words
from alerts.desk.wall_book import ENERGY, HOLDS
from alerts.desk.wallparts.pieces import Part, empty, fits, heading, is_current, opened, site_path
from alerts.desk.words import big, number, safe
from schemas.catalog.enums import Outcome
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.desk.facts import BudgetView, CapView, CountyEnergy, RateView, Snapshot
    from alerts.desk.wall_book import Leaf

_ON_OVERVIEW = 5
OVER, PROJECTED, UNDER, QUIET = "over", "proj", "under", "quiet"
#: Why a cap that is not passed yet is warned of (kinds of `alerts.judge.budget`).
_EARLY = {"warn": "▲ 接近上限或过快", "notice": "▲ 需关注"}
_RANK = {OVER: 0, PROJECTED: 1, QUIET: 2, UNDER: 3}
_KEYS = '<span class="key-used">已用</span><span class="key-proj">推算月末</span><span class="key-cap">月预算</span>'


def state(budget: BudgetView, now: datetime) -> str:
    """Return how a budget is shown: within only while its newest day is current; what is used up stays used up."""
    if budget.used is None or not budget.allowed or budget.month != day_of(now).replace(day=1):
        return QUIET
    if budget.outcome == Outcome.EXCEEDING:
        return PROJECTED if budget.kind == "projected" else OVER
    return UNDER if budget.outcome == Outcome.COMPLIANT and is_current(_through(budget), now) else QUIET


def overview(snapshot: Snapshot, now: datetime) -> str:
    """Return the overview's panel: bars, and the county's bar under them."""
    if not snapshot.budgets and snapshot.energy is None:
        return ""
    found = _worst_first(snapshot.budgets, now, _ON_OVERVIEW)
    shown = fits(len(found), _ON_OVERVIEW)
    beyond = len(found) - shown
    more = f'<div class="more">另有 {beyond} 家 · <a href="/?page=energy">全部</a></div>' if beyond > 0 else ""
    bars = "".join(_bar(budget, now) for budget in found[:shown])
    head = heading("用能预算 · 本月", "Energy budgets", f"tce{_KEYS}")
    return f'<section class="panel grow" aria-label="用能预算">{head}<div class="bars">{bars}{more}{_month(snapshot.energy)}</div></section>'


def page(snapshot: Snapshot, leaf: Leaf, now: datetime) -> tuple[Part, ...]:
    """Return one page: budgets with projection and date; on the first also the county's caps and 传输有效率."""
    head = heading("用能预算 · 本月", "Energy budgets, month to date", _KEYS)
    found = _worst_first(snapshot.budgets, now, HOLDS[ENERGY])
    shown = found[leaf.first : leaf.first + HOLDS[ENERGY]]
    rows = "".join(_row(budget, now) for budget in shown)
    beyond = len(found) - leaf.first - len(shown) if leaf.is_rest else 0
    more = f'<div class="more">另有 {beyond} 家 · <a href="/?page=energy">全部</a></div>' if beyond else ""
    body = f'<div class="rows">{rows}</div>{more}' if shown else empty("没有用能预算", "No energy budget registered")
    if leaf.number > 1:
        return (Part("panel a-all", "用能预算", head + body),)
    return (Part("panel a-wide", "用能预算", head + body), _county(snapshot, now))


def _county(snapshot: Snapshot, now: datetime) -> Part:
    caps = "".join(_cap(cap, now) for cap in snapshot.caps)
    if not caps:
        caps = (
            f'<div class="caps one">{_month(snapshot.energy)}</div>'
            if snapshot.energy
            else empty("没有全县总量控制数据", "No caps")
        )
    head = heading("全县总量控制 · 本年", "County caps, year to date")
    return Part("panel a-side", "全县总量控制", f'{head}<div class="caps">{caps}{_rate(snapshot.rate)}</div>')


def _worst_first(budgets: Sequence[BudgetView], now: datetime, fits: int) -> list[BudgetView]:
    if len(budgets) <= fits:
        return list(budgets)
    return sorted(budgets, key=lambda budget: _RANK[state(budget, now)])


def _through(budget: BudgetView) -> date | None:
    return date.fromisoformat(budget.through) if budget.through else None


def word(budget: BudgetView, now: datetime) -> str:
    """Return in a few words how the budget stands; age or reason where nothing can be said."""
    kind = state(budget, now)
    said = {OVER: "▲ 已超支", PROJECTED: "▲ 预计超支", UNDER: "✓ 预算内"}.get(kind)
    if said:
        return said
    if budget.used is not None and budget.through and not is_current(_through(budget), now):
        return f"◌ 数据至 {words.month_day(_through(budget))}"
    return f"? {budget.why or '不作判定'}"


def crossing(budget: BudgetView, now: datetime) -> str:
    """Return when the budget is expected to be reached, or that it was."""
    if budget.crosses is None:
        return ""
    which = "年预算" if budget.crosses_year else "月预算"
    day = f"{budget.crosses:%Y-%m-%d}" if budget.crosses.year != day_of(now).year else words.month_day(budget.crosses)
    return f"{day} {'已达' if budget.crosses <= day_of(now) else '预计达'}{which}"


def _bar(budget: BudgetView, now: datetime) -> str:
    kind = state(budget, now)
    told = f"<i>{safe(word(budget, now))}</i>"
    name = f'<span class="name nm" title="{safe(budget.site)}">{safe(budget.site)}</span>'
    if budget.used is None or not budget.allowed:
        return f'{opened("bar quiet", site_path(budget.site_id))}{name}<span class="track"></span><span class="num">—{told}</span></a>'
    return (
        f"{opened(f'bar {kind}', site_path(budget.site_id))}{name}{track(budget.used, budget.projected, budget.allowed)}"
        f'<span class="num">{number(budget.used, 0)}<u>/{number(budget.allowed, 0)}</u>{told}</span></a>'
    )


def _row(budget: BudgetView, now: datetime) -> str:
    kind, when = state(budget, now), crossing(budget, now)
    top = f'<span class="name nm" title="{safe(budget.site)}">{safe(budget.site)}</span><span class="word">{safe(word(budget, now))}</span>'
    if budget.used is None or not budget.allowed:
        return f'{opened("row quiet", site_path(budget.site_id))}<span class="t">{top}</span><span class="track"></span><span class="b"><b>—</b></span></a>'
    projected = f"推算月末 {number(budget.projected, 0)} tce" if budget.projected is not None else "推算月末 —"
    beyond = budget.used - budget.allowed
    late = f' class="when">{when or f"超支 {number(beyond, 0)} tce"}' if when or beyond > 0 else ">"
    return (
        f'{opened(f"row {kind}", site_path(budget.site_id))}<span class="t">{top}</span>{track(budget.used, budget.projected, budget.allowed)}'
        f'<span class="b"><span><b>{number(budget.used, 0)}</b> / {number(budget.allowed, 0)} tce · {words.percent(budget.used / budget.allowed, 0)}</span>'
        f"<span>{projected}</span><span{late}</span></span></a>"
    )


def _month(energy: CountyEnergy | None) -> str:
    """Return the county's month against a twelfth of its yearly cap."""
    if energy is None:
        return ""
    cap = f"<u>/{number(energy.cap, 0)}</u>" if energy.cap else ""
    through = f"至 {words.month_day(energy.through)}" if energy.through else "暂无数据"
    bar = track(energy.used, None, energy.cap) if energy.cap else '<span class="track"></span>'
    return (
        f'<div class="bar county"><span class="name">全县在线计量综合能耗<i>总量控制 ÷ 12</i></span>{bar}'
        f'<span class="num">{number(energy.used if energy.through else None, 0)}{cap}<i>tce · {through}</i></span></div>'
    )


def _cap(cap: CapView, now: datetime) -> str:
    kind = _cap_state(cap, now)
    unit, day = safe(cap.unit), words.month_day(cap.through)
    sign = {OVER: "▲ 已超", PROJECTED: _EARLY.get(cap.kind or "", "▲ 预计超"), UNDER: "✓ 控制内"}.get(kind) or (
        f"◌ 数据至 {day}"
        if cap.used is not None and cap.through and not is_current(cap.through, now)
        else f"? {cap.why or '暂无判定'}"
    )
    top = f'<span class="name nm" title="{safe(cap.name)} {safe(cap.note)}">{safe(cap.name)}</span><span class="word" title="{safe(sign)}">{safe(sign)}</span>'
    if cap.used is None or not cap.allowed:
        bound = f" / {_amount(cap.allowed)} {unit}" if cap.allowed else ""
        return f'<div class="row quiet"><span class="t">{top}</span><span class="track"></span><span class="b"><span><b>—</b>{bound}</span></span></div>'
    end = f"推算年末 {_amount(cap.projected)}" if cap.projected is not None else f"至 {day}"
    when = f'<span class="when">{words.month_day(cap.crosses)} 预计达到</span>' if cap.crosses else ""
    return (
        f'<div class="row {kind}"><span class="t">{top}</span>{track(cap.used, cap.projected, cap.allowed)}'
        f'<span class="b"><span><b>{_amount(cap.used)}</b> / {_amount(cap.allowed)} {unit} · {words.percent(cap.used / cap.allowed)}</span>'
        f"<span>{end}</span>{when}</span></div>"
    )


def _cap_state(cap: CapView, now: datetime) -> str:
    if cap.used is None or not cap.allowed:
        return QUIET
    if cap.outcome == Outcome.EXCEEDING:
        return OVER if cap.kind == "over" or cap.used > cap.allowed else PROJECTED
    return UNDER if cap.outcome == Outcome.COMPLIANT and is_current(cap.through, now) else QUIET


def _amount(value: float | None) -> str:
    return big(value, 1 if value is not None and abs(value) < 1000 else 0)  # noqa: PLR2004 - four figures need no tenths


def _rate(rate: RateView | None) -> str:
    if rate is None:
        return ""
    below = f"▲ {rate.below} 个排放口不足" if rate.below else ("✓ 均足" if rate.rate is not None else "? 无应测时段")
    kind = PROJECTED if rate.below else UNDER if rate.rate is not None else QUIET
    bar = f'<span class="used" style="width:{min(max(rate.rate or 0.0, 0.0), 1.0):.1%}"></span>'
    return (
        f'<div class="row {kind}"><span class="t"><span class="name">传输有效率 · {rate.month.month} 月</span><span class="word">{below}</span></span>'
        f'<span class="track">{bar}</span><span class="b"><span><b>{words.percent(rate.rate)}</b> / {rate.outlets} 个排放口</span></span></div>'
    )


def track(used: float, projected: float | None, allowed: float) -> str:
    """Return a bar whose full length leaves room beyond the budget."""
    full = max(used, projected or 0.0, allowed) * 1.08
    hatch = f'<span class="proj" style="width:{max(projected, 0.0) / full:.2%}"></span>' if projected else ""
    return (
        f'<span class="track">{hatch}<span class="used" style="width:{max(used, 0.0) / full:.2%}"></span>'
        f'<span class="cap" style="left:{allowed / full:.2%}"></span></span>'
    )
