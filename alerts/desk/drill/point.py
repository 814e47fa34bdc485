"""测点: one point over any span. Chart, table, limits in force, incidents, marks, amendments, readings of a day, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from nicegui import ui

from alerts import explain
from alerts.desk.drill import curve, entering, reads, spans, spot, tables
from alerts.desk.drill.raws import Raws
from alerts.desk.drill.spans import SpanError
from alerts.desk.pages.frame import html
from alerts.desk.pages.sheets import Sheet as Dialog
from alerts.desk.words import safe
from schemas.errors import DatabaseError, UseError
from schemas.runtime import clock
from schemas.times import DAY, day_of, day_start

if TYPE_CHECKING:
    from datetime import date

    from nicegui.events import EChartPointClickEventArguments

    from alerts.desk.drill.reads import Sheet
    from alerts.desk.drill.spans import Span
    from alerts.desk.drill.spot import Spot
    from alerts.desk.pages.frame import Desk, Frame
    from schemas.registry.store import Registry

#: A span that reaches to now is read anew so often.
_DRAW_EVERY_S = 30.0
#: Windows on one page of the table: two days of hours.
_ROWS = 48
#: Rules whose account of a day `alerts.explain` can give.
_EXPLAINED = frozenset({"sewage_day", "air_hour", "boiler_efficiency", "boiler_progress", "energy_budget"})


class PointPage:
    """One open page of a point."""

    def __init__(self, frame: Frame, found: Spot, span: Span, registry: Registry) -> None:
        self._frame, self._spot, self._span, self._registry = frame, found, span, registry
        self._sheet: Sheet | None = None
        self._from = 0
        today = day_of(clock.now())
        with frame.main:
            with ui.element("section").classes("panel head"):
                html(tables.head(found, span))
                self._until = html("", "dim until")
            with ui.element("section").classes("panel"):
                html(tables.controls(found, span, today), "controls")
            with self._panel("数据与限值", "Values and limits"):
                self._nothing = html("")
                self._chart = ui.element("div")
                self._legend = html("")
            with self._panel("数据表", "Table"):
                self._table = html("", "windows")
                with ui.element("div").classes("acts"):
                    self._newer = self._button("较新", lambda: self._turn(-_ROWS), "newer")
                    self._older = self._button("较早", lambda: self._turn(_ROWS), "older")
                    self._offer_account(today)
            with ui.element("div").classes("two"):
                with self._panel("适用限值", "Limits in force"):
                    held = spot.bounds(found, frame.desk.board.rules, span.first, span.last)
                    html(tables.limits(held), "limits")
                with self._panel("相关事件", "Incidents"):
                    self._incidents = html("", "incidents")
            self._more = html("", "more")
            self._raw = self._raw_panel(today)

    @staticmethod
    def _panel(zh: str, en: str) -> ui.element:
        section = ui.element("section").classes("panel")
        with section:
            html(f'{zh} <span class="en">{en}</span>', tag="h2")
        return section

    @staticmethod
    def _button(zh: str, act: Any, name: str) -> ui.button:
        return ui.button(zh, on_click=act, color=None).props("flat no-caps").classes(f"tap plain do-{name}")

    def _raw_panel(self, today: date) -> Raws | None:
        """Show the readings of one day of what a device sends; of what we derive the hour's page shows them."""
        if not self._spot.is_sent:
            return None
        shown = min(self._span.last, today)
        with self._panel("原始读数（一天）", "Readings of a day"):
            field = ui.input("日期 day", value=str(shown), on_change=self._choose_day).props(
                "outlined dark dense type=date"
            )
            field.classes("raw-day site")
            key, point = self._spot.key, self._spot.point
            return Raws(self._frame, {point: key}, {point: self._spot.name})

    async def _choose_day(self, chosen: Any) -> None:
        try:
            day = spans.day(str(chosen.value or ""), "day", "日期")
        except SpanError as exc:
            ui.notify(str(exc), type="warning")
            return
        if self._raw is not None:
            await self._raw.show(day_start(day), day_start(day + DAY))

    async def begin(self) -> None:
        """Read and show all for the first time.

        Raises:
            DatabaseError: the database is away.

        """
        await self._read()
        if self._raw is not None:
            day = min(self._span.last, day_of(clock.now()))
            await self._raw.show(day_start(day), day_start(day + DAY))

    async def refresh(self) -> None:
        """Read anew what may have changed; what is shown stays while the database is away, with as of when it is."""
        try:
            await self._read()
        except DatabaseError:
            return

    async def _read(self) -> None:
        async with self._frame.desk.source.lend() as db:
            rules = self._frame.desk.board.rules
            sheet = await reads.sheet(db, self._spot, self._span, rules, self._registry, until=clock.now())
        self._until.set_content(entering.until(clock.now()))
        if sheet == self._sheet:
            return
        self._sheet = sheet
        self._draw(sheet)
        self._show_rows()
        names = {name: rule.zh for name, rule in self._frame.desk.board.rules.items()}
        self._incidents.set_content(tables.incidents(sheet.incidents, names))
        self._more.set_content(
            _section("人工标记", "Marks by people", tables.marks(sheet.marks))
            + _section("数据更正", "Amended", tables.amended(sheet))
        )

    def _draw(self, sheet: Sheet) -> None:
        self._nothing.set_content(tables.nothing(sheet))
        self._chart.clear()
        name = "_".join([*self._spot.key, self._span.basis.value, str(self._span.first), str(self._span.last)])
        with self._chart:
            ui.echart(curve.options(sheet, name), renderer="canvas", on_point_click=self._clicked).classes("chart tall")
        self._legend.set_content(curve.legend(sheet))

    def _clicked(self, event: EChartPointClickEventArguments) -> None:
        if self._sheet is not None and event.series_index == 0:
            ui.navigate.to(tables.below(self._sheet, event.data_index))

    def _turn(self, by: int) -> None:
        self._from += by
        self._show_rows()

    def _show_rows(self) -> None:
        """Show a page of the windows, the newest first."""
        if self._sheet is None:
            return
        places = range(len(self._sheet.windows))[::-1]
        self._from = max(0, min(self._from, (len(places) - 1) // _ROWS * _ROWS))
        self._table.set_content(tables.windows(self._sheet, places[self._from : self._from + _ROWS]))
        self._newer.set_visibility(self._from > 0)
        self._older.set_visibility(self._from + _ROWS < len(places))

    def _offer_account(self, today: date) -> None:
        """Offer the account of a day, step by step, where the point is judged by a rule that has one."""
        subject = next((one.key for one in self._spot.judged if one.rule in _EXPLAINED), None)
        if subject is not None:
            day = min(self._span.last, today)
            self._button("研判过程", lambda: self._account(subject, day), "explain")

    async def _account(self, subject: str, day: date) -> None:
        with Dialog(self._frame, f"研判过程 {subject}", "Step by step", wide=True) as dialog:
            field = ui.input("日期 day", value=str(day)).props("outlined dark dense type=date")
            shown = ui.markdown("").classes("explained")

        async def show() -> None:
            try:
                asked = spans.day(str(field.value or ""), "day", "日期")
                async with self._frame.desk.source.lend() as db:
                    shown.set_content(await explain.explain(db, subject, asked))
            except DatabaseError:
                shown.set_content("数据库暂时无法连接，请稍后再试 (the database is away)")
            except UseError as exc:
                shown.set_content(safe(exc))

        field.on_value_change(show)
        await show()
        dialog.show()


def _section(zh: str, en: str, content: str) -> str:
    return f'<section class="panel"><h2>{zh} <span class="en">{en}</span></h2>{content}</section>' if content else ""


def mount(desk: Desk) -> None:
    """Add ``/desk/point/{site}/{place}/{factor}``."""

    @ui.page(
        "/desk/point/{site}/{place}/{factor}", title="测点", viewport=entering.VIEWPORT,
        response_timeout=entering.BUILT_WITHIN_S,
    )  # fmt: skip
    async def _point(request: Request, site: str, place: str, factor: str) -> Response | None:
        frame = await entering.enter(desk, request, "测点")
        if isinstance(frame, Response):
            return frame
        try:
            return await _open(desk, frame, request, (site, place, factor))
        except DatabaseError:
            return entering.away()


async def _open(desk: Desk, frame: Frame, request: Request, key: tuple[str, str, str]) -> Response | None:
    today = day_of(clock.now())
    async with desk.source.lend() as db:
        registry = await entering.registry(desk, db)
    found = spot.find(registry, key, today) if registry and entering.sees(frame, key[0]) else None
    if found is None or registry is None:
        entering.nothing(frame, f"没有测点 {'/'.join(key)[:120]}，或您无权查看 (no such point, or not yours).")
        return None
    try:
        span = spans.read(request.query_params, today)
    except SpanError as exc:
        entering.nothing(frame, exc.sentence, exc.mend, spans.point_path(found.key))
        return None
    page = PointPage(frame, found, span, registry)
    await page.begin()
    if span.until > clock.now():
        ui.timer(_DRAW_EVERY_S, page.refresh)
    return None
