"""What people plan ahead for a span — silences, swaps: how their lists and their times look the same on all pages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from nicegui import ui

from alerts.actor import UseError
from alerts.desk.pages import texts
from alerts.desk.pages.frame import html
from alerts.desk.words import safe
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

IN_FORCE, AHEAD, OVER = "in_force", "ahead", "over"
PARTS = {IN_FORCE: "生效中", AHEAD: "未开始", OVER: "已结束"}
_EN = {IN_FORCE: "In force", AHEAD: "Planned", OVER: "Past"}
_MOST_OVER = 50


def part_of(row: Mapping[str, Any], now: datetime) -> str:
    """Return whether a plan holds *now*, will hold or is over; taken back is over."""
    if row["withdrawn_at"] is not None or row["until"] <= now:
        return OVER
    return IN_FORCE if row["since"] <= now else AHEAD


def line(row: Mapping[str, Any], what: str, accounts: Mapping[str, str], now: datetime) -> str:
    """Return one plan in words, as HTML; *what* is HTML already."""
    by = safe(accounts.get(row["made_by"], row["made_by"]))
    back = ""
    if row["withdrawn_at"] is not None:
        who = safe(accounts.get(row["withdrawn_by"], row["withdrawn_by"]))
        back = f'<span class="late">{who} 于 {texts.moment(row["withdrawn_at"], now)} 撤销</span>'
    return (
        f'<div class="line">{what}</div>'
        f'<div class="line"><span>{texts.moment(row["since"], now)} — {texts.moment(row["until"], now)}</span>'
        f'<span class="dim">{safe(row["reason"])}</span><span class="dim">{by} 设</span>{back}</div>'
    )


class Lists:
    """The three lists of a kind of plan, built anew only when something in them changed."""

    def __init__(self, key: str, withdraw: Callable[[Mapping[str, Any]], None] | None) -> None:
        self._key = key
        self._withdraw = withdraw
        self._shown: list[tuple[object, str, str]] | None = None
        self._box = ui.element("div").classes("queue plans")

    def show(
        self,
        rows: Sequence[Mapping[str, Any]],
        what: Callable[[Mapping[str, Any]], str],
        accounts: Mapping[str, str],
        now: datetime,
    ) -> None:
        """Show *rows*; *what* says as HTML what one of them is about."""
        texts_of = [(row[self._key], part_of(row, now), line(row, what(row), accounts, now)) for row in rows]
        if texts_of == self._shown:
            return
        self._shown = texts_of
        by_key = {row[self._key]: row for row in rows}
        self._box.clear()
        with self._box:
            for part, zh in PARTS.items():
                inside = [(by_key[key], text) for key, place, text in texts_of if place == part]
                if not inside and part != IN_FORCE:
                    continue
                html(f'{zh} {len(inside)} <span class="en">{_EN[part]}</span>', tag="h2")
                if not inside:
                    html("无", "none")
                for row, text in inside[:_MOST_OVER]:
                    self._row(row, text, part)

    def _row(self, row: Mapping[str, Any], text: str, part: str) -> None:
        with ui.element("article").classes(f"inc plan {part}"):
            html(text, "what")
            if self._withdraw is not None and part != OVER:
                withdraw = self._withdraw
                with ui.element("div").classes("do"):
                    ui.button("撤销", on_click=lambda: withdraw(row), color=None).props("flat no-caps").classes(
                        "tap plain withdraw"
                    )


def span_fields(since: datetime, until: datetime) -> tuple[ui.input, ui.input]:
    """Return two fields for the span of a plan, in Beijing time, with the phone's own picker."""
    with ui.element("div").classes("pair"):
        first, last = (
            ui.input(label, value=at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")).props(
                "outlined dark type=datetime-local"
            )
            for label, at in (("起（北京时间） from", since), ("止 until", until))
        )
    return first, last


def instant(field: ui.input) -> datetime:
    """Return the instant that *field* holds.

    Raises:
        UseError: it holds none.

    """
    try:
        return datetime.fromisoformat(str(field.value)).replace(tzinfo=SHANGHAI)
    except ValueError as exc:
        raise UseError("请填写起止时间 (from and until are needed).") from exc
