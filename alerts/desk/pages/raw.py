"""Raw values of one hour or day behind an incident: every stored reading with its batch, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nicegui import ui

from alerts.desk import words
from alerts.desk.pages import chart, detail, texts
from alerts.desk.pages.frame import html
from alerts.desk.pages.sheets import Sheet
from alerts.desk.words import NOTHING, safe
from schemas.catalog.enums import MARK_ZH
from schemas.errors import DatabaseError
from schemas.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from alerts.desk.pages.chart import Curve, Window
    from alerts.desk.pages.frame import Frame

_INSTANT = timedelta(microseconds=1)


class Raw:
    """The open table. Pages go forward by the last instant shown, so that late values cannot shift a page."""

    def __init__(self, frame: Frame, curve: Curve, window: Window, points: Mapping[int, str]) -> None:
        self._frame = frame
        self._window = window
        self._point = next(iter(points), 0)
        self._pages: list[datetime] = [window.start - _INSTANT]
        with Sheet(frame, f"原始数据 {chart.label(window, daily=curve.daily)}", "Raw values", wide=True) as sheet:
            html(safe(chart.says(window, curve)), "says")
            if len(points) > 1:
                ui.select(dict(points), value=self._point, on_change=self._turn_to).props("outlined dark dense")
            self._table = html("", "scroll raw")
            with ui.element("div").classes("acts"):
                self._back = (
                    ui.button("上一页", on_click=self._previous, color=None).props("flat no-caps").classes("tap plain")
                )
                self._next = (
                    ui.button("下一页", on_click=self._forward, color=None).props("flat no-caps").classes("tap plain")
                )
        self._later: datetime | None = None
        sheet.show()

    async def show(self) -> None:
        """Read the page and show it."""
        try:
            async with self._frame.desk.source.lend() as db:
                rows = await detail.readings(db, self._point, self._window.start, self._window.end, self._pages[-1])
        except DatabaseError:
            self._table.set_content('<div class="none">数据库暂时无法连接，请稍后再试 (the database is away)</div>')
            return
        shown = rows[: detail.READINGS]
        self._later = shown[-1]["ts"] if len(rows) > len(shown) else None
        self._table.set_content(table(shown, clock.now()))
        self._next.set_visibility(self._later is not None)
        self._back.set_visibility(len(self._pages) > 1)

    async def _turn_to(self, chosen: Any) -> None:
        self._point = int(chosen.value)
        del self._pages[1:]
        await self.show()

    async def _forward(self) -> None:
        if self._later is not None:
            self._pages.append(self._later)
            await self.show()

    async def _previous(self) -> None:
        if len(self._pages) > 1:
            self._pages.pop()
            await self.show()


def table(rows: list[dict[str, Any]], now: datetime) -> str:
    """Return readings as a table: instant, value, mark, whether late, when received, batch."""
    if not rows:
        return '<div class="none">这一时段没有收到数据 <span class="en">Nothing was received</span></div>'
    lines = "".join(
        f'<tr class="{"late" if row["late"] else "" if row["mark"] in "Nn" else "bad"}"><td class="t">{words.clock(row["ts"])[-8:]}</td>'
        f'<td class="n">{row["value"]:g}</td><td class="t">{safe(row["mark"])} {MARK_ZH.get(row["mark"], "")}</td>'
        f'<td class="t">{"迟到" if row["late"] else NOTHING}</td><td class="t">{_received(row, now)}</td>'
        f'<td class="n">{row["batch_id"]}</td></tr>'
        for row in rows
    )
    heads = "".join(
        f'<th class="{kind}">{one}</th>'
        for one, kind in (("时间", ""), ("数值", "n"), ("标记", ""), ("迟到", ""), ("接收时间", ""), ("批次", "n"))
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"


def _received(row: Mapping[str, Any], now: datetime) -> str:
    received: datetime | None = row["received_to"]
    return "批次已过保存期" if received is None else texts.moment(received, now) + received.strftime(":%S")
