"""值班表: who is on duty at each bureau over fourteen days, and the swaps people plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from alerts import acts, workdays
from alerts.actor import may
from alerts.desk.pages import plans, texts
from alerts.desk.pages.frame import html
from alerts.desk.pages.sheets import Sheet, text_field
from alerts.desk.words import safe
from alerts.roster import WHY_ZH, Why
from schemas.runtime import clock
from schemas.times import DAY, day_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from alerts.actor import Actor
    from alerts.desk.pages.board import Picture
    from alerts.desk.pages.frame import Frame
    from alerts.roster import Shift
    from schemas.runtime.database import Database

DAYS = 14
_WEEKDAYS = "一二三四五六日"
_SATURDAY = 5


class RotaPage:
    """One open rota."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        may_swap = may(frame.actor, "swap")
        with frame.main:
            with ui.element("div").classes("bar"):
                html('值班表 <span class="en">Who is on duty, 14 days</span>', tag="h1")
                if may_swap:
                    ui.button("换班", on_click=self._plan, color=None).props("unelevated no-caps").classes(
                        "tap main swap-new"
                    )
            self._note = html("", "hush")
            self._tables = html("", "rotas")
            with ui.element("section").classes("panel"):
                html('换班 <span class="en">Swaps</span>', tag="h2")
                self._lists = plans.Lists("swap_id", self._withdraw if may_swap else None)

    def refresh(self) -> None:
        """Show the shared picture as it is now."""
        now = self._frame.tick()
        picture = self._frame.picture()
        if picture is None:
            return
        unknown = not workdays.known(day_of(now + DAYS * DAY))
        self._note.set_content(safe(workdays.UNKNOWN_ZH) if unknown else "")
        self._note.set_visibility(unknown)
        self._tables.set_content(tables(picture, now))

        def what(row: Mapping[str, Any]) -> str:
            bureau, person = (
                picture.bureaus.get(row["bureau"], row["bureau"]),
                picture.people.get(row["person"], row["person"]),
            )
            return f"<b>{safe(person)}</b><span>{safe(bureau)}</span>"

        self._lists.show(picture.swaps, what, picture.accounts, now)

    def _plan(self) -> None:
        picture = self._frame.picture()
        if picture is None:
            return
        now = clock.now().replace(second=0, microsecond=0)
        own = self._frame.bureau or next(iter(picture.bureaus), "")
        with Sheet(self._frame, "换班", "Swap", after=self.refresh) as sheet:
            bureau = ui.select(picture.bureaus, value=own, label="单位 bureau", on_change=lambda e: offer(e.value))
            person = ui.select(_people(picture, own), label="替班人 who stands in")
            for field in (bureau, person):
                field.props("outlined dark")
            since, until = plans.span_fields(now, now + DAY)
            reason = text_field("原因（必填） reason")

        def offer(chosen: str) -> None:
            person.set_options(_people(picture, chosen), value=None)

        async def work(db: Database, actor: Actor) -> None:
            await acts.plan_swap(
                db, actor, bureau=bureau.value, person=person.value or "", since=plans.instant(since),
                until=plans.instant(until), reason=reason.value or "", now=clock.now(),
            )  # fmt: skip

        sheet.offer("确认换班", work, "已换班 (swapped)")

    def _withdraw(self, row: Mapping[str, Any]) -> None:
        picture = self._frame.picture()
        name = picture.people.get(row["person"], row["person"]) if picture else row["person"]
        with Sheet(self._frame, "撤销换班", "Withdraw", after=self.refresh) as sheet:
            html(f"{safe(name)}：值班恢复原表。")

        async def work(db: Database, actor: Actor) -> None:
            await acts.withdraw_swap(db, actor, row["swap_id"], now=clock.now())

        sheet.offer("确认撤销", work, "已撤销 (withdrawn)", grave=True)


def _people(picture: Picture, bureau: str) -> dict[str, str]:
    people = picture.registry.document.people if picture.registry else []
    return {one.id: one.name for one in people if one.bureau == bureau}


def tables(picture: Picture, now: datetime) -> str:
    """Return one table of shifts for each bureau that anybody is called for, as HTML."""
    if picture.roster is None:
        return '<div class="none">尚无注册表 <span class="en">No registry</span></div>'
    shown = []
    for bureau, _ in picture.on_duty():
        # From a day back, so that the shift that lasts shows when it truly began.
        shifts = [one for one in picture.roster.shifts(bureau, now - DAY, DAYS + 1) if one.until > now]
        shown.append(
            f'<section class="panel"><h2>{safe(picture.bureaus.get(bureau, bureau))}</h2>{table(shifts, now)}</section>'
        )
    return "".join(shown) or '<div class="none">注册表未设值班 <span class="en">No rota</span></div>'


def table(shifts: Sequence[Shift], now: datetime) -> str:
    """Return *shifts* as a table; the one that lasts *now* stands out, a hole more so."""
    lines = "".join(
        f'<tr class="{"now" if one.since <= now < one.until else ""}"><td class="t">{_since(one, now)}</td>'
        f'<td class="t">{_until(one, now)}</td><td>{_who(one)}</td></tr>'
        for one in shifts
    )
    return f"<table><thead><tr><th>起</th><th>止</th><th>值班人</th></tr></thead><tbody>{lines}</tbody></table>"


def _since(shift: Shift, now: datetime) -> str:
    # The first one is cut at the beginning of what was asked.
    if shift.since <= now - DAY:
        return '<span class="dim">此前</span>'
    return f'{texts.moment(shift.since, now)}<div class="sub">{day_name(day_of(shift.since))}</div>'


def _until(shift: Shift, now: datetime) -> str:
    # The last one is cut at the end of what is shown.
    return '<span class="dim">以后</span>' if shift.until - now >= DAYS * DAY else texts.moment(shift.until, now)


def _who(shift: Shift) -> str:
    note = f'<div class="sub">{safe(shift.note)}</div>' if shift.note else ""
    if shift.person is None:
        return f'<span class="hole">无人值班</span>{note}'
    why = (
        ""
        if shift.why is Why.TURN
        else f' <span class="{"swap" if shift.why is Why.SWAP else "dim"}">{WHY_ZH[shift.why]}</span>'
    )
    phone = f' <span class="sub">{safe(shift.person.phone)}</span>' if shift.person.phone else ""
    return f"<b>{safe(shift.person.name)}</b>{why}{phone}{note}"


def day_name(day: date) -> str:
    """Return the day of the week, and whether the day is free or worked against it."""
    name = f"周{_WEEKDAYS[day.weekday()]}"
    is_weekend, is_worked = day.weekday() >= _SATURDAY, workdays.is_workday(day)
    if is_weekend and is_worked:
        return f"{name} 调休上班"
    return f"{name} {workdays.holiday_zh(day) or '法定节假日'}" if not is_weekend and not is_worked else name


__all__ = ["DAYS", "RotaPage", "day_name", "table", "tables"]
