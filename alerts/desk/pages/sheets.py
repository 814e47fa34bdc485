"""Sheets: the dialogs in which people act. One stays open, with all that was typed, until its act is done or it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from nicegui import ui

from alerts import acts
from alerts.desk import words
from alerts.desk.pages import texts
from alerts.desk.pages.frame import html
from schemas.catalog.duty import CAUSE_ZH, CLOSES_LIVE, LIVE, Cause
from schemas.catalog.enums import LEVEL_ZH
from schemas.errors import UseError
from schemas.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from alerts.actor import Actor
    from alerts.casework import Case
    from alerts.desk.pages.frame import Frame
    from schemas.runtime.database import Database

    #: Shows what was done.
    After = Callable[[], Awaitable[None] | None]
    Work = Callable[[Database, Actor], Awaitable[object]]

_LONGEST = 2000


class Sheet:
    """One open dialog. Use as a context to fill it, then give it its act with `offer`."""

    def __init__(self, frame: Frame, title: str, en: str, *, wide: bool = False, after: After | None = None) -> None:
        self._frame = frame
        self._after = after
        with frame.main, ui.dialog().props("persistent" if not wide else "") as self.dialog:
            self._card = ui.element("div").classes("sheet wide" if wide else "sheet")
        with self._card:
            html(f'{words.safe(title)} <span class="en">{en}</span>', "title")
        self.dialog.on("hide", self.dialog.delete)

    def __enter__(self) -> Self:
        self._card.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._card.__exit__(*exc)

    def offer(self, label: str, work: Work, done: str, *, grave: bool = False) -> None:
        """Close the sheet's fields with its two buttons, and open it."""
        with self, ui.element("div").classes("end"):
            ui.button("取消", on_click=self.dialog.close, color=None).props("flat no-caps").classes("tap plain")
            button = (
                ui.button(label, color=None).props("unelevated no-caps").classes(f"tap {'grave' if grave else 'main'}")
            )

        async def do() -> None:
            button.disable()
            try:
                if await self._frame.act(work, done):
                    self.dialog.close()
                    shown = self._after() if self._after is not None else None
                    if shown is not None:
                        await shown
            finally:
                button.enable()

        button.on_click(do)
        self.dialog.open()

    def show(self) -> None:
        """Open the sheet as something to read, with a button to close it."""
        with self, ui.element("div").classes("end"):
            ui.button("关闭", on_click=self.dialog.close, color=None).props("flat no-caps").classes("tap plain")
        self.dialog.open()


def text_field(label: str, *, value: str = "") -> ui.textarea:
    """Return a field for people's words, no longer than an act takes."""
    field = ui.textarea(label, value=value).props(
        f"outlined dark autogrow maxlength={_LONGEST} input-style=min-height:88px"
    )
    return field.classes("said")


def acknowledge(frame: Frame, case: Case, after: After | None = None) -> None:
    """Ask how long the person takes the incident on; as long as the level allows is set already."""
    most = frame.desk.policy().ack_hours(case.level)
    with Sheet(frame, "签收", "Acknowledge", after=after) as sheet:
        _about(case)
        hours = ui.number("承诺处理时间（小时） hours", value=most, min=0.5, max=most, step=0.5).props("outlined dark")
        html(f'<span class="dim">{LEVEL_ZH[case.level]}事件一次最长 {most:g} 小时，到期未恢复将重新通知。</span>')
        text = text_field("说明（可不填） note, optional")

    async def work(db: Database, actor: Actor) -> None:
        await acts.acknowledge(
            db,
            actor,
            case.incident_id,
            now=clock.now(),
            policy=frame.desk.policy(),
            hours=hours.value,
            text=text.value or "",
        )

    sheet.offer("确认签收", work, "已签收 (acknowledged)")


def note(frame: Frame, case: Case, after: After | None = None) -> None:
    """Ask for a note."""
    with Sheet(frame, "记录", "Note", after=after) as sheet:
        _about(case)
        text = text_field("现场情况、联系记录等 what was seen or said")

    async def work(db: Database, actor: Actor) -> None:
        await acts.note(db, actor, case.incident_id, text.value or "", now=clock.now())

    sheet.offer("保存记录", work, "已记录 (noted)")


def feedback(frame: Frame, case: Case, after: After | None = None) -> None:
    """Ask what was found and done."""
    with Sheet(frame, "反馈", "Feedback", after=after) as sheet:
        _about(case)
        text = text_field("核实情况与处置措施 what was found and done")

    async def work(db: Database, actor: Actor) -> None:
        await acts.feedback(db, actor, case.incident_id, text.value or "", now=clock.now())

    sheet.offer("提交反馈", work, "已反馈 (feedback given)")


def reassign(frame: Frame, case: Case, after: After | None = None) -> None:
    """Ask to whom the incident goes."""
    picture = frame.picture()
    people = picture.registry.document.people if picture and picture.registry else []
    bureaus = picture.bureaus if picture else {}
    own = sorted(people, key=lambda one: (one.bureau != case.lead_bureau, one.bureau or "", one.id))
    named = {one.id: f"{one.name} · {bureaus.get(one.bureau or '', one.site or '')}" for one in own}
    with Sheet(frame, "移交", "Hand over", after=after) as sheet:
        _about(case)
        person = ui.select(named, label="移交给 to whom", with_input=True).props("outlined dark")
        text = text_field("说明（可不填） note, optional")

    async def work(db: Database, actor: Actor) -> None:
        chosen = str(person.value or "")
        await acts.reassign(db, actor, case.incident_id, chosen, text.value or "", now=clock.now())

    sheet.offer("确认移交", work, "已移交 (handed over)")


def settle(frame: Frame, case: Case, after: After | None = None) -> None:
    """Ask for cause and reason of a closing; while values exceed only the causes that say they do not speak for the plant."""
    is_live = case.state in LIVE
    causes = {one.value: CAUSE_ZH[one] for one in Cause if not is_live or one in CLOSES_LIVE}
    with Sheet(frame, "销号", "Close", after=after) as sheet:
        _about(case)
        if is_live:
            html('<span class="hush">数据尚未恢复，只能以下列原因销号；事件级别再升或再次超标时自动撤回。</span>')
        cause = ui.select(causes, label="原因 cause").props("outlined dark")
        text = text_field("核实与整改情况（必填） what was found and done")

    async def work(db: Database, actor: Actor) -> None:
        if cause.value is None:
            raise UseError("请选择销号原因 (choose a cause).")
        await acts.settle(db, actor, case.incident_id, Cause(cause.value), text.value or "", now=clock.now())

    sheet.offer("确认销号", work, "已销号 (closed)")


def unsettle(frame: Frame, case: Case, after: After | None = None) -> None:
    """Ask why a closing is taken back."""
    with Sheet(frame, "撤回销号", "Reopen", after=after) as sheet:
        _about(case)
        text = text_field("撤回原因（必填） why")

    async def work(db: Database, actor: Actor) -> None:
        await acts.unsettle(db, actor, case.incident_id, text.value or "", now=clock.now())

    sheet.offer("撤回销号", work, "已撤回 (reopened)", grave=True)


def _about(case: Case) -> None:
    title = words.safe(case.body.get("title") or case.subject)
    rule = words.safe(case.body.get("rule") or case.rule)
    html(
        f'<div class="line {case.level.value}"><span class="pill">{LEVEL_ZH[case.level]}</span> {title}</div>'
        f'<div class="dim">{rule} · {words.safe(texts.since(case, clock.now()))}</div>'
    )
