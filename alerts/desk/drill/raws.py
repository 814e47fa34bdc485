"""Stored readings of one point in a span of a day at most, page by page, each with the way to its message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nicegui import ui

from alerts.desk import words
from alerts.desk.drill import spans, tables
from alerts.desk.pages import detail
from alerts.desk.pages.frame import html
from alerts.desk.words import NOTHING, safe
from schemas.catalog.enums import MARK_ZH
from schemas.errors import DatabaseError
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from alerts.desk.pages.frame import Frame
    from schemas.registry.derived import PointKey

_INSTANT = timedelta(microseconds=1)
_AWAY = '<div class="none">数据库暂时无法连接，请稍后再试 (the database is away)</div>'
_NONE = '<div class="none">这一时段没有收到数据 <span class="en">Nothing was received</span></div>'


class Raws:
    """The open table. Pages go forward by the last instant shown, so that late values cannot shift a page."""

    def __init__(self, frame: Frame, keys: Mapping[int, PointKey], names: Mapping[int, str]) -> None:
        self._frame = frame
        self._keys = keys
        self._point = next(iter(names), 0)
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._pages: list[datetime] = []
        self._later: datetime | None = None
        if len(names) > 1:
            pick = ui.select(dict(names), value=self._point, label="原始数据 series", on_change=self._turn_to)
            pick.props("outlined dark dense").classes("site series")
        self._table = html("", "readings")
        with ui.element("div").classes("acts"):
            self._back = self._button("上一页", self._previous)
            self._next = self._button("下一页", self._forward)

    @staticmethod
    def _button(zh: str, act: Any) -> ui.button:
        return ui.button(zh, on_click=act, color=None).props("flat no-caps").classes("tap plain")

    async def show(self, since: datetime, until: datetime) -> None:
        """Read and show the readings of [since, until)."""
        self._since, self._until = since, until
        self._pages = [since - _INSTANT]
        await self._read()

    async def _read(self) -> None:
        if self._since is None or self._until is None:
            return
        try:
            async with self._frame.desk.source.lend() as db:
                rows = await detail.readings(db, self._point, self._since, self._until, self._pages[-1])
        except DatabaseError:
            self._table.set_content(_AWAY)
            return
        shown = rows[: detail.READINGS]
        self._later = shown[-1]["ts"] if len(rows) > len(shown) else None
        self._table.set_content(table(shown, self._keys.get(self._point)))
        self._next.set_visibility(self._later is not None)
        self._back.set_visibility(len(self._pages) > 1)

    async def _turn_to(self, chosen: Any) -> None:
        self._point = int(chosen.value)
        del self._pages[1:]
        await self._read()

    async def _forward(self) -> None:
        if self._later is not None:
            self._pages.append(self._later)
            await self._read()

    async def _previous(self) -> None:
        if len(self._pages) > 1:
            self._pages.pop()
            await self._read()


def table(rows: Iterable[Mapping[str, Any]], key: PointKey | None) -> str:
    """Return readings as rows: instant, value, mark, whether late, when received, batch with the way to the message."""
    lines = "".join(
        f'<tr class="{"late" if row["late"] else "" if row["mark"] in "Nn" else "bad"}"><td class="t">{_clock(row["ts"])}</td>'
        f'<td class="n">{row["value"]:.12g}</td><td class="t">{safe(row["mark"])} {MARK_ZH.get(row["mark"], "")}</td>'
        f'<td class="t">{"迟到" if row["late"] else NOTHING}</td><td class="t">{received(row)}</td>'
        f'<td class="n acts-in">{_message(row, key)}</td></tr>'
        for row in rows
    )
    heads = (("时间", ""), ("数值", "n"), ("标记", ""), ("迟到", ""), ("接收时间", ""), ("批次 → 原文", "n"))
    return tables.table(heads, lines, "raw") if lines else _NONE


def _clock(instant: datetime) -> str:
    local = instant.astimezone(SHANGHAI)
    return local.strftime("%H:%M:%S") + (f".{local.microsecond:06d}".rstrip("0") if local.microsecond else "")


def _message(row: Mapping[str, Any], key: PointKey | None) -> str:
    number = row["batch_id"]
    return f'<a href="{safe(spans.trace_path(key, row["ts"]))}">{number} 原文</a>' if key else str(number)


def received(row: Mapping[str, Any]) -> str:
    """Return when the batch of a reading was received; a batch is some messages within a moment."""
    return "批次已过保存期" if row["received_to"] is None else words.clock(row["received_to"])
