"""Sewage outlets against their limits: a small table for the overview, big cells with bars for the page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.desk import words
from alerts.desk.wall_book import HOLDS, SEWAGE
from alerts.desk.wallparts.pieces import SHORT_ZH, Part, empty, fits, heading, is_current, named, old, point_path
from alerts.desk.words import number, safe
from alerts.judge.subjects import DAY_FACTORS
from schemas.catalog.factors import FACTORS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.desk.facts import CellView, OutletView, Snapshot
    from alerts.desk.wall_book import Leaf

_STANDARD_ZH = {"GB18918-1A": "一级A", "GB18918-1B": "一级B"}
_ON_OVERVIEW = 4
#: Few outlets stand larger.
_FEW = 3
#: The bar of a value is full at one and a half times its limit.
_FULL = 1.5
OVER, UNDER, QUIET = "over", "under", "none"


def state(cell: CellView, now: datetime) -> str:
    """Return how a cell is shown: what is missing, unlimited or of an old day is grey and never "under"."""
    if cell.value is None or cell.limit is None or not is_current(cell.day, now):
        return QUIET
    return OVER if cell.exceeding else UNDER


def overview(snapshot: Snapshot, now: datetime) -> str:
    """Return the overview's panel; the outlets that exceed first when not all fit."""
    if not snapshot.outlets:
        return ""
    head = heading("污水排放口日均值", "Sewage outlets, daily means", "mg/L · GB 18918")
    names = "".join(f"<th>{safe(SHORT_ZH.get(factor, FACTORS[factor].zh))}</th>" for factor in DAY_FACTORS)
    found = _worst_first(snapshot.outlets, now, _ON_OVERVIEW)
    shown = fits(len(found), _ON_OVERVIEW)
    rows = "".join(_row(outlet, now) for outlet in found[:shown])
    beyond = len(found) - shown
    more = f'<div class="more">另有 {beyond} 个 · <a href="/?page=sewage">全部</a></div>' if beyond > 0 else ""
    return (
        f'<section class="panel" aria-label="污水排放口">{head}<table><thead><tr><th>排放口</th>{names}<th>日期</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>{more}</section>"
    )


def page(snapshot: Snapshot, leaf: Leaf, now: datetime) -> Part:
    """Return one page: each outlet a row, each factor a cell with its value, limit and bar."""
    head = heading(
        "污水排放口 · 日均值对照限值", "Sewage outlets, daily means against their limits", "mg/L · GB 18918-2002"
    )
    if not snapshot.outlets:
        return Part("panel a-all", "污水", head + empty("没有登记的污水排放口", "No sewage outlet registered"))
    found = _worst_first(snapshot.outlets, now, HOLDS[SEWAGE])
    shown = found[leaf.first : leaf.first + HOLDS[SEWAGE]]
    names = "".join(f'<div class="col" role="columnheader">{safe(FACTORS[factor].zh)}</div>' for factor in DAY_FACTORS)
    rows = "".join(_big_row(outlet, now) for outlet in shown)
    few = " few" if len(shown) <= _FEW else ""
    beyond = len(found) - leaf.first - len(shown) if leaf.is_rest else 0
    more = f'<div class="more">另有 {beyond} 个排放口 · <a href="/?page=sewage">全部</a></div>' if beyond else ""
    return Part(
        "panel a-all",
        "污水",
        f'{head}<div class="water{few}" role="table"><div class="r heads" role="row"><div class="col" role="columnheader">排放口</div>{names}</div>{rows}</div>{more}',
    )


def _worst_first(outlets: Sequence[OutletView], now: datetime, fits: int) -> list[OutletView]:
    if len(outlets) <= fits:
        return list(outlets)
    rank = {OVER: 0, QUIET: 1, UNDER: 2}
    return sorted(outlets, key=lambda outlet: min((rank[state(cell, now)] for cell in outlet.cells), default=1))


def _row(outlet: OutletView, now: datetime) -> str:
    cells = "".join(_cell(cell, _path(outlet, cell), now) for cell in outlet.cells)
    day = words.month_day(outlet.day) if is_current(outlet.day, now) else old(outlet.day, now)
    name = f'<td class="name">{named(outlet.site)}<i title="{safe(outlet.name)}">{safe(outlet.name)} · {safe(_standard(outlet))}</i></td>'
    return f'<tr>{name}{cells}<td class="day">{day}</td></tr>'


def _cell(cell: CellView, path: str, now: datetime) -> str:
    kind = state(cell, now)
    limit = f"≤{cell.limit:g}" if cell.limit is not None else "—"
    sign = "▲ " if kind == OVER else ""
    return f'<td class="{kind}">{_linked(f"<b>{number(cell.value, cell.decimals)}</b><i>{sign}{limit}</i>", path)}</td>'


def _big_row(outlet: OutletView, now: datetime) -> str:
    day = words.month_day(outlet.day) if is_current(outlet.day, now) else f"◌ {old(outlet.day, now)}"
    name = (
        f'<div class="name" role="rowheader">{named(outlet.site)}<span class="nm" title="{safe(outlet.name)}">{safe(outlet.name)}</span>'
        f"<i>{safe(_standard(outlet))} · {day}</i></div>"
    )
    cells = "".join(_big_cell(cell, _path(outlet, cell), now) for cell in outlet.cells)
    return f'<div class="r" role="row">{name}{cells}</div>'


def _big_cell(cell: CellView, path: str, now: datetime) -> str:
    kind = state(cell, now)
    share = cell.value / cell.limit if cell.value is not None and cell.limit else None
    bar = f'<span class="fill" style="width:{min(share, _FULL) / _FULL:.1%}"></span>' if share is not None else ""
    word = {OVER: "▲超标", UNDER: "✓达标"}.get(kind) or ("—" if cell.value is None else "◌" + old(cell.day, now))
    if kind == OVER and share is not None and share > 1:
        word = f"▲超标 {share - 1:.2f} 倍"
    limit = f"限值 ≤{cell.limit:g}" if cell.limit is not None else "无限值"
    mark = f'<span class="lim" style="left:{1 / _FULL:.1%}"></span>' if cell.limit else ""
    inner = (
        f'<span class="v"><b>{number(cell.value, cell.decimals)}</b><u>mg/L</u></span>'
        f'<span class="track">{bar}{mark}</span><span class="l"><i>{limit}</i><i class="word">{word}</i></span>'
    )
    return f'<div class="cell {kind}" role="cell">{_linked(inner, path)}</div>'


def _linked(inner: str, path: str) -> str:
    return f'<a href="{path}">{inner}</a>' if path else f"<span>{inner}</span>"


def _standard(outlet: OutletView) -> str:
    return _STANDARD_ZH.get(outlet.standard, outlet.standard)


def _path(outlet: OutletView, cell: CellView) -> str:
    return point_path(outlet.site_id, outlet.device, cell.factor) if outlet.site_id and outlet.device else ""
