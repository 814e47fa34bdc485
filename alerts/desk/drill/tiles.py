"""The list of sites as HTML: the county's figures, one line for each site. Every foreign word goes through `safe`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from alerts.desk import words
from alerts.desk.drill import overview
from alerts.desk.drill.overview import AHEAD, OVER, QUIET, UNDER
from alerts.desk.facts import STATE_ZH
from alerts.desk.words import NOTHING, number, safe
from schemas.catalog.enums import LEVEL_ZH, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.desk.drill.overview import Row, Use
    from alerts.desk.facts import CapView, RateView, Snapshot

EMPTY = '注册表为空，请先导入：monitor registry apply 文件 <span class="en">No site registered yet</span>'
LOADING = '正在读取… <span class="en">Loading</span>'


def site_path(site: str) -> str:
    """Return the address of a site's page."""
    return f"/desk/site/{quote(site, safe='')}"


def state(value: str) -> str:
    """Return a site's state as a coloured word; grey ones are silence, never compliance."""
    return f'<span class="st {safe(value)}">{STATE_ZH.get(value, safe(value))}</span>'


def classes(row: Row) -> str:
    """Return the CSS classes of a site's line."""
    return f"dr-row {row.state}"


def row(one: Row, now: datetime) -> str:
    """Return what stands in the line of a site."""
    levels = "".join(
        f'<span class="pill {level.value}">{LEVEL_ZH[level][0]} {count}</span>' for level, count in one.levels.items()
    )
    rate = f'<b class="{overview.rate_tone(one.rate)}">{overview.percent(one.rate)}</b>'
    return (
        f'<div class="c-st">{state(one.state)}</div>'
        f'<div class="c-nm"><a href="{site_path(one.id)}">{safe(one.name)}</a>'
        f'<i class="dim">{safe(one.town)} · {words.kind(one.kind)} · {safe(one.bureau)}</i></div>'
        f'<div class="c-why">{safe(one.why)}</div>'
        f'<div class="c-lv{"" if levels else " nil"}">{levels or f"<i class=dim>{NOTHING}</i>"}</div>'
        f'<div class="c-age"><i class="lb">最新数据</i>{safe(overview.ago(one.newest, one.last, now))}</div>'
        f'<div class="c-rate{" nil" if one.rate is None else ""}"><i class="lb">传输有效率</i>{rate}</div>'
        f'<div class="c-use{"" if one.month or one.year else " nil"}"><i class="lb">用能预算</i>{_uses(one.month, one.year)}</div>'
    )


def _uses(month: Use | None, year: Use | None) -> str:
    if month is None and year is None:
        return f'<i class="dim">{NOTHING}</i>'
    parts = ((month, "月"), (year, "年"))
    return "".join(
        f'<span class="{one.tone}" title="{safe(one.why)}">{name} <b>{overview.percent(one.share, 0)}</b> {safe(one.word)}</span>'
        for one, name in parts
        if one is not None
    )


def heads() -> str:
    """Return the columns' names."""
    names = (("状态", "st"), ("站点", "nm"), ("情况", "why"), ("未解除预警", "lv"), ("最新数据", "age"),
             ("有效率", "rate"), ("用能预算", "use"))  # fmt: skip
    return "".join(f'<div class="c-{kind}">{name}</div>' for name, kind in names)


def figures(snapshot: Snapshot) -> str:
    """Return the county's own figures: devices, counters, rate, caps."""
    totals = snapshot.totals
    even = "守恒 ✓" if totals.balanced else "不守恒 ✗"
    cards = [
        _card("设备在线", f"{snapshot.online}<u>/{snapshot.devices}</u>", "", UNDER if snapshot.online == snapshot.devices else AHEAD),
        _card(
            f"接收 · {even}",
            f"{totals.received:,}",
            f"入库 {totals.stored:,} · 重复 {totals.duplicate:,} · 拒收 {totals.rejected:,}",
            QUIET if totals.balanced else OVER,
        ),
        _rate(snapshot.rate),
        *(_cap(cap) for cap in snapshot.caps),
    ]  # fmt: skip
    return "".join(card for card in cards if card)


def _rate(rate: RateView | None) -> str:
    if rate is None:
        return ""
    below = f"{rate.outlets} 个排口 · {rate.below} 个低于 90%"
    title = f"{rate.month.month} 月传输有效率"
    return _card(title, overview.percent(rate.rate), below, overview.rate_tone(rate.rate))


def _cap(cap: CapView) -> str:
    tone = {Outcome.EXCEEDING.value: OVER, Outcome.COMPLIANT.value: UNDER}.get(cap.outcome, QUIET)
    if cap.used is None or not cap.allowed:
        return _card(cap.name, NOTHING, cap.why or "尚无判定", QUIET)
    share = overview.percent(cap.used / cap.allowed)
    ahead = f"，预计全年 {number(cap.projected, 0)}" if cap.projected is not None else ""
    crosses = f"，{cap.crosses.isoformat()} 突破" if cap.crosses else ""
    through = f"至 {words.month_day(cap.through)}：" if cap.through else ""
    said = f"{through}{number(cap.used, 0)}/{number(cap.allowed, 0)} {cap.unit}{ahead}{crosses}"
    return _card(f"{cap.name}控制量", share, said, tone)


def _card(name: str, value: str, said: str, tone: str) -> str:
    """Return one figure; *value* is HTML, the rest plain text."""
    return f'<div class="fig {tone}"><i>{safe(name)}</i><b>{value}</b><span>{safe(said)}</span></div>'
