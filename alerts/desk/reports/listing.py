"""报表 the list of reports: by kind, month and scope, each in its newest version; and having one made now."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING

from nicegui import ui

from alerts.actor import NotAllowedError
from alerts.desk.pages.frame import html
from alerts.desk.pages.sheets import Sheet
from alerts.desk.reports.access import maker, may_make, scopes_of
from alerts.desk.words import clock as instant
from alerts.desk.words import safe
from alerts.reports import store
from alerts.reports.paper import COUNTY, DAILY, KIND_ZH, OF_SITES, Kind
from alerts.reports.schedule import BY, composer
from schemas.errors import DatabaseError, UseError
from schemas.runtime import clock
from schemas.times import DAY, day_of, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.actor import Actor
    from alerts.desk.pages.frame import Frame
    from alerts.judge.rules import Rule
    from alerts.reports.store import Entry
    from schemas.runtime.database import Database

_ALL = ""
_MONTHS, _MOST = 24, 400
_LOADING = '<div class="none">正在读取… <span class="en">Loading</span></div>'
_AWAY = '<span class="late">数据库暂时无法连接，以下未更新，请稍后重新选择 (the database is away)</span>'
#: Composing takes the desk's own time: one report at once for all who ask.
_TURN = asyncio.Semaphore(1)


class ReportsPage:
    """One open list."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        today = day_of(clock.now())
        months = self._months = _months(today)
        with frame.main:
            with ui.element("div").classes("bar"):
                html('报表 <span class="en">Reports</span>', tag="h1")
                if may_make(frame.actor):
                    ui.button("现在生成 / 重算", on_click=self._make, color=None).props("unelevated no-caps").classes(
                        "tap main report-make"
                    )
                html('<a class="tap" href="/public">公示页 <span class="en">Public page</span></a>')
            with ui.element("div").classes("bar"):
                self._kind = ui.select(
                    {_ALL: "全部种类", **KIND_ZH}, value=_ALL, label="种类 kind", on_change=self.load
                )
                self._month = ui.select(months, value=next(iter(months)), label="月份 month", on_change=self.load)
                self._scope = ui.select(
                    self._scopes(), value=_ALL, label="范围 scope", with_input=True, on_change=self.load
                )
                for field in (self._kind, self._month, self._scope):
                    field.props("outlined dark")
            with ui.element("section").classes("panel"):
                self._until = html("", "dim until")
                self._list = html(_LOADING, "scroll reports")

    async def load(self) -> None:
        """Ask for the reports chosen, and show them."""
        self._frame.tick()
        first = date.fromisoformat(self._month.value)
        kind = Kind(self._kind.value) if self._kind.value else None
        allowed = scopes_of(self._frame.actor)
        scopes = (
            [self._scope.value] if self._scope.value and (allowed is None or self._scope.value in allowed) else allowed
        )
        try:
            async with self._frame.desk.source.lend() as db:
                found = await store.listed(
                    db, since=first, until=next_month(first) - DAY, kind=kind, scopes=scopes, at_most=_MOST + 1
                )
        except DatabaseError:
            self._until.set_content(_AWAY)
            return
        self._until.set_content(f"数据截至 {instant(clock.now())}")
        picture = self._frame.picture()
        self._list.set_content(listing(found, picture.sites if picture else {}))

    def _scopes(self) -> dict[str, str]:
        picture = self._frame.picture()
        sites = picture.sites if picture else {}
        allowed = scopes_of(self._frame.actor)
        if allowed is not None:
            return {_ALL: "本单位", **{one: sites.get(one, one) for one in allowed}}
        return {_ALL: "全部范围", COUNTY: "全县", **sites}

    def _make(self) -> None:
        yesterday = day_of(clock.now()) - DAY
        with Sheet(self._frame, "生成或重算报表", "Make a report now", after=self.load) as sheet:
            kind = ui.select(KIND_ZH, value=Kind.DAY.value, label="种类 kind")
            scope = ui.select(
                {**self._scopes(), _ALL: "全县及各单位"}, value=COUNTY, label="范围 scope", with_input=True
            )
            period = ui.input("时段 period：2026-11-20 或 2026-11", value=yesterday.isoformat())
            for field in (kind, scope, period):
                field.props("outlined dark")
            kind.on_value_change(lambda event: period.set_value(_usual(Kind(event.value), yesterday)))
            html(
                '<span class="dim">内容与已存版本相同则不新增；不同则存为新一版，标“修订”并列出改动。旧版永久保留。</span>'
            )

        async def work(db: Database, actor: Actor) -> None:
            said = str(period.value or "").strip()
            await make(db, actor, Kind(kind.value), said, scope.value or _ALL, rules=self._frame.desk.board.rules)
            # What was made is looked for where it stands: under its own month.
            if said[:7] in {month[:7] for month in self._months}:
                self._month.value = f"{said[:7]}-01"

        sheet.offer("生成", work, "已生成；内容未变的不新增版本 (made)")


async def make(
    db: Database, actor: Actor, kind: Kind, period: str, scope: str, *, rules: Mapping[str, Rule] | None = None
) -> int:
    """Compose a report now and file it where it says something new; return how many versions were filed.

    Raises:
        UseError: not allowed, somebody else is at it, or there is no such period.

    """
    if not may_make(actor):
        raise NotAllowedError(f"账号 {actor.name} 无权生成报表 (this account may not have reports made).")
    if _TURN.locked():
        raise UseError("正在生成另一份报表，请稍候 (another report is being made).", "一分钟后再试")
    async with _TURN:
        made_at = clock.now()
        scopes = {scope} if scope and kind in OF_SITES else None
        papers = await composer(None if rules is None else lambda: rules)(db, kind, period, scopes=scopes)
        if not papers:
            raise UseError(f"{period} 没有可生成的{KIND_ZH[kind]} (nothing to report on).", "请检查时段与范围")
        return len(await store.file(db, papers, actor.name, made_at=made_at))


def listing(found: list[Entry], sites: dict[str, str]) -> str:
    """Return *found* as a table."""
    if not found:
        return '<div class="none">没有报表 <span class="en">No report here; the schedule makes them at 01:30 (months: the 1st, 02:00)</span></div>'
    rows = "".join(_row(one, sites) for one in found[:_MOST])
    more = f'<div class="dim">仅列前 {_MOST} 份，请选择种类或范围</div>' if len(found) > _MOST else ""
    heads = "".join(
        f"<th>{zh}</th>"
        for zh in ("报表 Report", "时段 Period", "范围 Scope", "版本 Version", "生成 Made", "下载 Download")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _row(one: Entry, sites: dict[str, str]) -> str:
    scope = "全县" if one.scope == COUNTY else sites.get(one.scope, one.scope)
    again = f' <span class="again">修订 {one.n_changes} 处</span>' if one.version > 1 else ""
    shown = ' <span class="shown">已公示</span>' if one.publication_id is not None else ""
    by = "" if one.made_by == BY else f" {safe(maker(one.made_by))}"
    link = f"/desk/reports/{one.report_id}"
    return (
        f'<tr><td><a class="open" href="{link}">{KIND_ZH[one.kind]}</a>{shown}</td><td class="t">{safe(one.period)}</td>'
        f'<td>{safe(scope)}</td><td class="t">第 {one.version} 版{again}</td><td class="t">{instant(one.made_at)[:16]}{by}</td>'
        f'<td><div class="files"><a class="tap" href="{link}.xlsx">XLSX</a><a class="tap" href="{link}.pdf">PDF</a></div></td></tr>'
    )


def _months(today: date) -> dict[str, str]:
    """Return the first days of months, from the one of yesterday back, with their names."""
    first, found = month_start(today - DAY), {}
    for _ in range(_MONTHS):
        found[first.isoformat()] = f"{first:%Y-%m}"
        first = month_start(first - DAY)
    return found


def _usual(kind: Kind, yesterday: date) -> str:
    if kind in DAILY:
        return yesterday.isoformat()
    return (
        f"{month_start(yesterday) - DAY:%Y-%m}" if yesterday.month == (yesterday + DAY).month else f"{yesterday:%Y-%m}"
    )
