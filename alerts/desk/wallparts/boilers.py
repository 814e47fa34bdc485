"""Boilers: a dial against 80 or 92 per cent, the band they are in, and the pages of their three-in-one file. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk import dials, words
from alerts.desk.wall_book import BOILERS, HOLDS
from alerts.desk.wallparts.pieces import Part, empty, heading, opened, site_path
from alerts.desk.words import number, safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.desk.facts import BoilerView, CheckView, Snapshot
    from alerts.desk.wall_book import Leaf

_ON_OVERVIEW = 4
_RANK = {dials.BAD: 0, dials.QUIET: 1, dials.PLAIN: 2, dials.GOOD: 3}
#: Many boilers on one page stand in two rows.
_ONE_ROW = 4


def overview(snapshot: Snapshot, now: datetime) -> str:
    """Return the overview's panel; what is wrong first when not all fit."""
    if not snapshot.boilers:
        return ""
    found = _worst_first(snapshot.boilers, now, _ON_OVERVIEW)
    beyond = len(found) - _ON_OVERVIEW
    more = f' · 另有 {beyond} 台 <a href="/?page=boilers">全部</a>' if beyond > 0 else ""
    head = heading("锅炉热效率", "Boiler efficiency", f"<span>{_hour(snapshot)} · 三位一体{more}</span>")
    cards = "".join(_small(boiler, now) for boiler in found[:_ON_OVERVIEW])
    return f'<section class="panel" aria-label="锅炉热效率">{head}<div class="dials">{cards}</div></section>'


def page(snapshot: Snapshot, leaf: Leaf, now: datetime) -> Part:
    """Return one page of dials with all that is known of each boiler."""
    head = heading(
        "锅炉热效率 · 燃煤 ≥80% 燃气 ≥92%", "Boiler efficiency and three-in-one file", f"<span>{_hour(snapshot)}</span>"
    )
    if not snapshot.boilers:
        return Part("panel a-all", "锅炉", head + empty("没有登记的锅炉", "No boiler registered"))
    found = _worst_first(snapshot.boilers, now, HOLDS[BOILERS])
    shown = found[leaf.first : leaf.first + HOLDS[BOILERS]]
    cards = "".join(_large(boiler, now) for boiler in shown)
    size = "one" if len(shown) <= _ONE_ROW else "two"
    beyond = len(found) - leaf.first - len(shown) if leaf.is_rest else 0
    more = f'<div class="more">另有 {beyond} 台 · <a href="/?page=boilers">全部</a></div>' if beyond else ""
    return Part("panel a-all", "锅炉", f'{head}<div class="stoves {size}">{cards}</div>{more}')


def _hour(snapshot: Snapshot) -> str:
    hour = max((boiler.hour for boiler in snapshot.boilers if boiler.hour), default=None)
    return f"{words.minute(hour)} 时段" if hour else "暂无小时数据"


def _worst_first(boilers: Sequence[BoilerView], now: datetime, fits: int) -> list[BoilerView]:
    if len(boilers) <= fits:
        return list(boilers)
    return sorted(boilers, key=lambda boiler: _RANK[dials.state(boiler, now)])


def verdict(boiler: BoilerView, now: datetime) -> str:
    """Return in a word how the boiler stands: with its age where its newest hour is old."""
    kind = dials.state(boiler, now)
    if kind == dials.QUIET:
        return (
            f"◌ {words.ago((now - boiler.hour).total_seconds())}"
            if boiler.hour and boiler.value is not None
            else "◌ 无有效数据"
        )
    return {dials.GOOD: "✓ 达标", dials.BAD: "▲ 低于限值"}.get(
        kind, "? 无限值" if boiler.limit is None else "? 疑似低于限值"
    )


def held_to(boiler: BoilerView) -> str:
    """Return what the boiler is held to, with its fuel."""
    if boiler.limit is not None:
        return f"{safe(boiler.fuel)} · 限值 ≥{boiler.limit:g}%"
    if boiler.baseline is not None:
        return f"{safe(boiler.fuel)} · 基准 {boiler.baseline:g}% +{dials.GAIN:g} → {boiler.baseline + dials.GAIN:g}%"
    return f"{safe(boiler.fuel)} · 无适用限值"


def _short(boiler: BoilerView) -> str:
    if boiler.limit is None and boiler.baseline is not None:
        return f"基准 +{dials.GAIN:g} ≥{boiler.baseline + dials.GAIN:g}%"
    return held_to(boiler)


def _dial(boiler: BoilerView, now: datetime) -> str:
    value = f"<b>{number(boiler.value, 1)}</b><u>%</u>" if boiler.value is not None else "<b>—</b>"
    kind = dials.state(boiler, now)
    return f'<span class="face">{dials.svg(boiler, now)}<span class="num {kind}">{value}<i>{verdict(boiler, now)}</i></span></span>'


def _small(boiler: BoilerView, now: datetime) -> str:
    checks = "".join(_chip(check) for check in boiler.checks)
    return (
        f'{opened("dial", site_path(boiler.site_id))}{_dial(boiler, now)}<b class="who" title="{safe(boiler.site)} {safe(boiler.name)}">{safe(boiler.site)}</b>'
        f'<span class="limit" title="{safe(boiler.note)}">{_short(boiler)}</span><span class="checks">{checks}</span></a>'
    )


def _large(boiler: BoilerView, now: datetime) -> str:
    checks = "".join(_check(check) for check in boiler.checks)
    file = (
        f'<span class="file"><i>三位一体档案</i>{checks}</span>'
        if checks
        else '<span class="file"><i>三位一体档案 —</i></span>'
    )
    return (
        f'{opened(f"stove {dials.state(boiler, now)}", site_path(boiler.site_id))}<b class="who" title="{safe(boiler.site)}">{safe(boiler.site)}</b>'
        f'<span class="sub" title="{safe(boiler.name)}">{safe(boiler.name)}</span>{_dial(boiler, now)}'
        f'<span class="limit">{held_to(boiler)}</span><span class="note" title="{safe(boiler.note)}">{safe(boiler.note)}</span>{file}</a>'
    )


def _said(check: CheckView) -> tuple[str, str, str]:
    """Return a check's class, sign and word."""
    if check.overdue:
        return "due", "!", "逾期"
    return ("", "✓", "合格") if check.passed else ("due", "✗", "不合格")


def _chip(check: CheckView) -> str:
    kind, sign, word = _said(check)
    return f'<span class="{kind}" title="{safe(check.kind)} {word}，下次 {check.next_due}">{safe(check.kind[:2])}{sign}</span>'


def _check(check: CheckView) -> str:
    kind, sign, word = _said(check)
    return f'<span class="chk {kind}"><b>{sign} {safe(check.kind)}</b><i>{word} · 下次 {check.next_due:%Y-%m-%d}</i></span>'
