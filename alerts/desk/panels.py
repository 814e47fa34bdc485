"""The wall's panels as HTML. Every word that a county wrote goes through `safe`. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from alerts.desk import words
from alerts.desk.facts import STALE, STATE_ZH
from alerts.desk.words import number, safe
from schemas.catalog.enums import LEVEL_ZH, Level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.desk.facts import IncidentView, PointView, SiteView, Snapshot

_HEADLINE = (
    "w01018", "w21003", "w21011",
    "yx_b_steam_flow", "yx_b_water_flow", "a01012", "a19001",
    "yx_e_kwh", "yx_e_gas_m3", "yx_e_coal_t",
)  # fmt: skip
_MOST_VALUES, _MOST_COUNTERS = 3, 2
#: So many incidents stand as whole cards; of more, the gravest do and the others are lines.
_ALL_CARDS, _SOME_CARDS, _MOST_LINES = 5, 3, 7


def heading(zh: str, en: str, extra: str = "") -> str:
    """Return a panel's heading, Chinese first; *extra* is HTML."""
    return f'<div class="hd"><span class="zh">{zh}</span><span class="en">{en}</span><span class="extra">{extra}</span></div>'


def header(snapshot: Snapshot | None, now: datetime) -> str:
    """Return the top line: county, clock, devices, counters."""
    county = safe(snapshot.county) if snapshot else ""
    left = f'<div class="title"><b>{county}在线监测</b><span class="en">Online monitoring of energy, boilers and sewage</span> <a href="/desk">值班台 Duty desk</a></div>'
    clock = f'<div class="clock"><b>{words.clock(now)}</b><span class="en">北京时间 Beijing time</span></div>'
    if snapshot is None:
        return left + clock
    totals = snapshot.totals
    counters = [
        ("接收", totals.received, ""),
        ("入库", totals.stored, ""),
        ("重复", totals.duplicate, ""),
        ("拒收", totals.rejected, ""),
    ]
    cells = "".join(f"<div class='count'><b>{value:,}</b><span>{name}</span></div>" for name, value, _ in counters)
    even = (
        '<div class="count ok"><b>✓</b><span>守恒</span></div>'
        if totals.balanced
        else '<div class="count bad"><b>✗</b><span>不守恒</span></div>'
    )
    lost = " warn" if snapshot.online < snapshot.devices else ""
    devices = f"<div class='count{lost}'><b>{snapshot.online}<i>/{snapshot.devices}</i></b><span>设备在线</span></div>"
    return f'{left}<div class="counts">{devices}<div class="rule"></div>{cells}{even}</div>{clock}'


def banner(away_since: datetime | None, now: datetime) -> str:
    """Return the line that says the database is away, or nothing."""
    if away_since is None:
        return ""
    lasted = words.span((now - away_since).total_seconds())
    return f"⚠ 数据库失联 since {words.clock(away_since)}（已 {lasted}），以下为失联前的数据 (database away, last known data below)"


def incidents(snapshot: Snapshot, now: datetime) -> str:
    """Return the open incidents as cards."""
    found = snapshot.incidents
    tally = "".join(
        f'<span class="dot {level.value}">{LEVEL_ZH[level]} {amount}</span>'
        for level in reversed(Level)
        if (amount := sum(one.level == level for one in found))
    )
    head = heading("未解除预警", "Open incidents", tally or "0 起")
    if not found:
        return head + '<div class="empty">当前没有未解除的预警<br><span class="en">No open incident</span></div>'
    whole = len(found) if len(found) <= _ALL_CARDS else _SOME_CARDS
    cards = "".join(_card(one, now) for one in found[:whole])
    lines = "".join(_line(one, now) for one in found[whole : whole + _MOST_LINES])
    more = len(found) - whole - _MOST_LINES
    rest = f'<div class="more">另有 {more} 起 · {more} more</div>' if more > 0 else ""
    return f'{head}<div class="cards">{cards}{lines}{rest}</div>'


def _line(one: IncidentView, now: datetime) -> str:
    lasted = words.span((now - one.began_at).total_seconds())
    level = Level(one.level)
    return (
        f'<div class="card line {level}"><span class="pill">{LEVEL_ZH[level]}</span><b>{safe(one.site)}</b>'
        f'<span>{safe(one.rule)}</span><span class="since">已 {lasted}</span></div>'
    )


def _card(one: IncidentView, now: datetime) -> str:
    lasted = words.span((now - one.began_at).total_seconds())
    clause = " ".join(str(one.body[name]) for name in ("standard", "clause") if one.body.get(name))
    task = f"任务（{one.task}）" if one.task else ""
    level = Level(one.level)
    return (
        f'<div class="card {level}"><div class="top"><span class="pill">{LEVEL_ZH[level]}</span>'
        f'<b>{safe(one.rule)}</b><span class="since">已 {lasted}</span></div>'
        f'<div class="site">{safe(one.site)}<span>{safe(one.subject)}</span></div>'
        f'<div class="value">{_measured(one)}</div>'
        f'<div class="clause">{safe(clause)}</div>'
        f'<div class="who">{safe(one.bureau)}<span>{task} {words.minute(one.began_at)} 起</span></div></div>'
    )


def _measured(one: IncidentView) -> str:
    body = one.body
    unit = safe(body.get("unit", ""))
    if body.get("used") is not None and body.get("allowed") is not None:
        projected = f"，推算月末 {number(body.get('projected'), 0)}" if body.get("projected") else ""
        return f"<b>{number(body['used'], 0)}</b> / 月预算 {number(body['allowed'], 0)} {unit}{projected}"
    value = body.get("value")
    if value is None:
        return "—"
    lower = body.get("high") is None and body.get("low") is not None
    bound = body.get("limit")
    text = f"<b>{number(value, 2)}</b> {unit}"
    if bound is not None:
        text += f" · {'下限' if lower else '限值'} {bound:g}"
    if body.get("multiple") is not None:
        text += f" · 低 {body['multiple'] * 100:.1f}%" if lower else f" · 超标 {body['multiple']:.2f} 倍"
    return text


def sites(snapshot: Snapshot, now: datetime) -> str:
    """Return the sites by town, as tiles."""
    if not snapshot.sites:
        nothing = "注册表为空，请先导入 monitor registry apply"
        return (
            heading("站点", "Sites by township")
            + f'<div class="empty">{nothing}<br><span class="en">No site registered</span></div>'
        )
    states = [site.state for site in snapshot.sites]
    legend = "".join(
        f'<span class="key {state}">{zh} {states.count(state)}</span>'
        for state, zh in STATE_ZH.items()
        if state in states
    )
    head = heading("站点", "Sites by township", legend)
    ordered = sorted(snapshot.sites, key=lambda site: (site.town, site.kind, site.id))
    towns = "".join(_town(town, list(group), now) for town, group in groupby(ordered, key=lambda site: site.town))
    return f'{head}<div class="towns">{towns}</div>'


def _town(town: str, found: Sequence[SiteView], now: datetime) -> str:
    tiles = "".join(_tile(site, now) for site in found)
    return f'<div class="town n{min(len(found), 3)}"><div class="name">{safe(town)}</div><div class="tiles">{tiles}</div></div>'


def _tile(site: SiteView, now: datetime) -> str:
    seconds = (now - site.newest).total_seconds() if site.newest else None
    points = [point for device in site.devices for point in device.points]
    shown = [point for factor in _HEADLINE for point in points if point.factor == factor]
    shown = shown[: _MOST_COUNTERS if any(point.counter for point in shown) else _MOST_VALUES]
    values = "".join(_value(point, stale=site.state == STALE) for point in shown)
    return (
        f'<div class="tile {site.state}" title="{words.kind(site.kind)} · {safe(site.bureau)}"><b>{safe(site.name)}</b>'
        f'<div class="values">{values}</div>'
        f'<div class="foot"><span class="pill">{STATE_ZH[site.state]}</span><span class="why">{safe(site.detail)}</span>'
        f"<span>{words.age(seconds)}</span></div></div>"
    )


def _value(point: PointView, *, stale: bool) -> str:
    decimals = 0 if point.counter else point.decimals
    quiet = ' class="old"' if stale or point.value is None else ""
    name = safe(point.name.split("(")[0].split("（")[0])
    return f"<div{quiet}><i>{name}</i><b>{number(point.value, decimals)}</b><u>{safe(point.unit)}</u></div>"
