"""The public page 目标完成情况公示 as HTML and JSON: of what a person released, and nothing else. Pure.

No script, no picture, nothing from elsewhere: a browser that is told so refuses all of it (`POLICY`).
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from alerts.reports.display import number_of, printable, span_of
from alerts.reports.markup import notes, safe, tables
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.reports.paper import Cell, Paper, Table
    from alerts.reports.publishing import Released
    from alerts.reports.store import Stored

_STYLE = files("alerts.reports").joinpath("public.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: Only the page's own style, known by its digest.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TITLE = "目标完成情况公示"
PATH, JSON_PATH = "/public", "/public.json"


def page(shown: Stored | None, others: Sequence[Released], *, as_of: datetime) -> str:
    """Return the page that shows *shown*, and links to the *others* that are released; None: nothing is, and it says so.

    *as_of*: when it was looked what is released, UTC. It is a revision where it says what it changed for the public.
    """
    if shown is None:
        body = (
            f'<header><h1>{_TITLE}</h1></header><p class="empty">暂无公示内容<br>'
            f'<span class="en">Nothing has been released yet.</span></p>{_foot(None, as_of)}'
        )
    else:
        paper = shown.paper
        body = (
            f"{_header(shown)}{_changes(shown)}{tables(paper)}"
            f"{'<h2>说明</h2>' if paper.notes else ''}{notes(paper.notes)}{_links(shown, others)}{_foot(shown, as_of)}"
        )
    return _whole(
        body, _TITLE if shown is None else f"{shown.paper.scope_name} {shown.paper.title} {shown.paper.period}"
    )


def missing(as_of: datetime) -> str:
    """Return the page for a period that is not released: the same whether there is a report of it or not."""
    return _whole(
        f'<header><h1>{_TITLE}</h1></header><p class="empty">该期未公示<br><span class="en">Not released.</span><br>'
        f'<a href="{PATH}">查看最新一期 latest</a></p>{_foot(None, as_of)}',
        _TITLE,
    )


def document(shown: Stored | None, others: Sequence[Released]) -> dict[str, Any]:
    """Return the same for machines. Days are Asia/Shanghai days, instants RFC 3339 of Beijing, numbers as shown."""
    listed = [
        {
            "period": one.period,
            "version": one.version,
            "released_at": _instant(one.released_at),
            "href": _link(one.period, JSON_PATH),
        }
        for one in others
    ]
    if shown is None:
        return {"released": None, "periods": listed}
    paper = shown.paper
    released = {
        "title": printable(paper.title),
        "scope": printable(paper.scope_name),
        "period": paper.period,
        "first_day": paper.first.isoformat(),
        "data_until": paper.last.isoformat(),
        "version": shown.version,
        "revised": bool(shown.changes),
        "changes": [printable(one) for one in shown.changes],
        "made_at": _instant(shown.made_at),
        "released_at": _instant(shown.released_at),
        "digest": shown.digest,
        "tables": [_plain(table) for table in paper.tables],
        "notes": [printable(one) for one in paper.notes],
    }
    return {"released": released, "periods": listed}


def _header(shown: Stored) -> str:
    paper: Paper = shown.paper
    revised = f'<span class="revised">第 {shown.version} 版 修订</span>' if shown.changes else ""
    return (
        f'<header><div class="scope">{safe(paper.scope_name)}</div><h1>{safe(paper.title)}</h1>'
        f'<div class="period">{safe(paper.period)}{revised}</div>'
        f'<div class="meta">数据截至 {paper.last}（{span_of(paper)}）· 发布于 {_minute(shown.released_at)}'
        f'<br><span class="en">Data until {paper.last}</span></div></header>'
    )


def _changes(shown: Stored) -> str:
    if not shown.changes:
        return ""
    return f'<section class="changes"><b>修订说明</b> <span class="en">What was revised</span>{notes(shown.changes)}</section>'


def _links(shown: Stored, others: Sequence[Released]) -> str:
    own = f'<p class="links"><a href="{_link(shown.paper.period, JSON_PATH)}">机器可读数据 JSON</a></p>'
    rest = "".join(
        f'<li><a href="{_link(one.period, PATH)}">{safe(one.period)}</a>{"（修订）" if one.revised else ""}'
        f' <span class="en">发布于 {_minute(one.released_at)}</span></li>'
        for one in others
        if one.period != shown.paper.period
    )
    return own + (f'<nav class="earlier"><h2>其他各期</h2><ul>{rest}</ul></nav>' if rest else "")


def _foot(shown: Stored | None, as_of: datetime) -> str:
    digest = f"内容摘要 {shown.digest} · " if shown else ""
    return f"<footer>{digest}本页于 {_minute(as_of)} 更新（北京时间）</footer>"


def _whole(body: str, title: str) -> str:
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _link(period: str, path: str) -> str:
    return f"{path}?period={safe(period)}"


def _plain(table: Table) -> dict[str, Any]:
    return {
        "title": printable(table.title),
        "columns": [
            {"zh": printable(one.zh), "en": printable(one.en), "unit": printable(one.unit)} for one in table.columns
        ],
        "rows": [[_value(cell) for cell in row] for row in table.rows],
        "notes": [printable(one) for one in table.notes],
    }


def _value(cell: Cell) -> float | str | None:
    value = number_of(cell)
    return value if value is not None else printable(cell.words) if cell.words else None


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _minute(at: datetime | None) -> str:
    return "—" if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
