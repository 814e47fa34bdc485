"""事件: one incident with its chart, history, notices and the acts its reader may do. Refreshed in place; nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from alerts.actor import may
from alerts.desk import words
from alerts.desk.pages import cards, chart, choose, detail, history, sheets, texts
from alerts.desk.pages.frame import html
from alerts.desk.pages.raw import Raw
from alerts.desk.wallparts.pieces import point_path
from alerts.desk.words import safe
from schemas.catalog.enums import LEVEL_ZH
from schemas.errors import DatabaseError
from schemas.times import DAY, day_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nicegui.events import EChartPointClickEventArguments

    from alerts.casework import Case
    from alerts.desk.pages.board import Picture
    from alerts.desk.pages.detail import Drawing, Paper
    from alerts.desk.pages.frame import Frame
    from alerts.desk.pages.sheets import After

    Act = Callable[[Frame, Case, After | None], None]

#: The curve is read anew so often, or when the incident itself has changed.
_DRAW_EVERY_S = 30.0


class Incident:
    """One open incident."""

    def __init__(self, frame: Frame, paper: Paper) -> None:
        self._frame = frame
        self._paper = paper
        self._drawing: Drawing | None = None
        self._drawn: tuple[object, datetime] | None = None
        with frame.main:
            self._head = ui.element("section")
            with self._head:
                self._text = html("", "what")
                with ui.element("div").classes("acts"):
                    self._buttons = {name: self._button(name, zh, act) for name, zh, act in _ACTS}
            with ui.element("section").classes("panel"):
                html('数据与限值 <span class="en">Values and limits</span>', tag="h2")
                self._box = ui.element("div")
                self._amended = html("")
            with ui.element("div").classes("two"):
                self._history = self._panel("处理记录", "History")
                self._notices = self._panel("通知情况", "Notices")

    def refresh_texts(self, picture: Picture, now: datetime) -> None:
        """Show the incident as it was read last."""
        case = self._paper.case
        self._head.classes(replace=f"panel head {case.level.value} {texts.tone(case)}")
        self._text.set_content(_head(case, picture, now))
        offered = _offered(case)
        for name, button in self._buttons.items():
            act = "settle" if name == "unsettle" else name
            button.set_visibility(name in offered and may(self._frame.actor, act, case.site_id))
        self._history.set_content(history.events(self._paper.events, picture, now))
        self._notices.set_content(history.notices(self._paper.notices, picture, now))

    async def refresh(self) -> None:
        """Read the incident anew and show it; what is shown stays while the database is away."""
        now = self._frame.tick()
        picture = self._frame.picture()
        if picture is None:
            return
        try:
            async with self._frame.desk.source.lend() as db:
                self._paper = await detail.paper(db, self._paper.case.incident_id) or self._paper
                case = self._paper.case
                state = (case.state, case.began_at, case.ended_at, case.level, case.body)
                is_due = self._drawn is None or not 0 <= (now - self._drawn[1]).total_seconds() <= _DRAW_EVERY_S
                if is_due or (self._drawn is not None and self._drawn[0] != state):
                    rule = self._frame.desk.board.rules.get(case.rule)
                    drawing = await detail.drawing(db, case, rule, picture.registry, now)
                    self._drawn = (state, now)
                    self._draw(drawing, now)
        except DatabaseError:
            # The banner says so; the texts below are of the last reading.
            pass
        self.refresh_texts(picture, now)

    def _draw(self, drawing: Drawing, now: datetime) -> None:
        if (
            self._drawing is not None
            and drawing.curve == self._drawing.curve
            and drawing.amended == self._drawing.amended
        ):
            return
        self._drawing = drawing
        curve = drawing.curve
        self._box.clear()
        with self._box:
            if curve is None:
                figures = history.figures(self._paper.case.body)
                html(
                    figures
                    or '<div class="none">此事件不依据单一测点，见上方说明 <span class="en">No single point</span></div>'
                )
            else:
                ui.echart(chart.options(curve), renderer="canvas", on_point_click=self._clicked).classes("chart")
                html(chart.legend(curve) + history.figures(self._paper.case.body) + self._down(drawing, now))
                with ui.element("div").classes("bar pick"):
                    places = {place: chart.says(one, curve) for place, one in reversed(list(enumerate(curve.windows)))}
                    pick = ui.select(
                        places, label="查看原始数据：选择时段 raw values of", with_input=True, on_change=self._chosen
                    )
                    pick.props("outlined dense dark").classes("site raws")
        decimals = curve.decimals if curve else 2
        amended = history.amendments(drawing.amended, curve.unit if curve else "", decimals, now)
        self._amended.set_content(f"<h2>数据更正 <span class='en'>Amended</span></h2>{amended}" if amended else "")

    def _down(self, drawing: Drawing, now: datetime) -> str:
        """Return the way down to the point, its readings and their messages, as of when the incident began."""
        picture, began = self._frame.picture(), day_of(self._paper.case.began_at)
        registry = picture.registry if picture else None
        key = (
            next((key for key, number in registry.points.items() if number == drawing.point), None)
            if registry
            else None
        )
        if key is None:
            return ""
        asked = f"?basis=hour&amp;from={began}&amp;to={min(began + DAY, max(began, day_of(now)))}"
        return f'<p><a class="tap" href="{point_path(*key)}{asked}">测点、逐小时数据与消息原文 <span class="en">Down to the bytes</span></a></p>'

    async def _clicked(self, event: EChartPointClickEventArguments) -> None:
        await self._open_raw(event.data_index)

    async def _chosen(self, event: object) -> None:
        place = getattr(event, "value", None)
        if place is not None:
            await self._open_raw(int(place))
            # The same one may be asked for again.
            sender = getattr(event, "sender", None)
            if isinstance(sender, ui.select):
                sender.set_value(None)

    async def _open_raw(self, place: int) -> None:
        picture, drawing = self._frame.picture(), self._drawing
        if drawing is None or drawing.curve is None or drawing.point is None or picture is None:
            return
        points = detail.raw_points(picture.registry, drawing.point)
        await Raw(self._frame, drawing.curve, drawing.curve.windows[place], points).show()

    def _button(self, name: str, zh: str, act: Act) -> ui.button:
        look = "main" if name == "acknowledge" else "plain"
        button = ui.button(zh, on_click=lambda: act(self._frame, self._paper.case, self.refresh), color=None)
        return button.props("unelevated no-caps").classes(f"tap {look} do-{name}")

    def _panel(self, zh: str, en: str) -> ui.html:
        with ui.element("section").classes("panel"):
            html(f'{zh} <span class="en">{en}</span>', tag="h2")
            return html("")


_ACTS: tuple[tuple[str, str, Act], ...] = (
    ("acknowledge", "签收", sheets.acknowledge),
    ("note", "记录", sheets.note),
    ("feedback", "反馈", sheets.feedback),
    ("reassign", "移交", sheets.reassign),
    ("settle", "销号", sheets.settle),
    ("unsettle", "撤回销号", sheets.unsettle),
)


def _offered(case: Case) -> set[str]:
    """Return the acts that make sense where *case* stands; the acts themselves refuse the rest."""
    part = choose.part_of(case)
    if part in {choose.PENDING, None}:
        return set()
    if case.settled_at is not None:
        return {"note", "feedback", "unsettle"}
    if "withdrawn" in case.body:
        return {"note"}
    return {"acknowledge", "note", "feedback", "reassign", "settle"}


def _head(case: Case, picture: Picture, now: datetime) -> str:
    body = case.body
    return (
        f'<div class="line"><span class="pill {case.level.value}">{LEVEL_ZH[case.level]}</span>'
        f'<span class="state {texts.tone(case)}">{safe(texts.state(case))}</span>'
        f'<span class="dim">事件 {case.incident_id}</span>{cards.at_site(case, picture)}</div>'
        f"<h1>{safe(body.get('title') or case.subject)}　{safe(body.get('rule') or case.rule)}</h1>"
        f'<div class="line"><span>{safe(texts.since(case, now))}</span>'
        f'<span class="dim">{safe(texts.lead(case, picture.bureaus))}</span></div>'
        + "".join(f'<p class="says">{safe(line)}</p>' for line in explained(case))
        + f'<div class="line">{cards.hands(case, picture, now)}</div>'
    )


def explained(case: Case) -> list[str]:
    """Return why the incident stands: the values, what they are held against, how far they can be believed."""
    body = case.body
    clause = " ".join(str(body[name]) for name in ("standard", "clause") if body.get(name))
    edition = f"（版本 {body['edition']}）" if body.get("edition") else ""
    unsure = "，限值来源待核实" if body.get("verified") is False else ""
    counted = f"有效数据 {body.get('n_valid', words.NOTHING)}/{body['n_expected']}" if body.get("n_expected") else ""
    note = str(body.get("note") or "")
    measured = texts.measured(body)
    lines = [measured, f"依据：{clause}{edition}{unsure}" if clause else "", counted, note if note != measured else ""]
    return [line for line in lines if line]
