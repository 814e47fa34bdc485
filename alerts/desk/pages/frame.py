"""What all pages of the duty desk have in common: header, links, banner, title, and acts that lose nothing of what was typed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nicegui import ui

from alerts.actor import may
from alerts.desk import words
from alerts.desk.pages import choose
from alerts.desk.pages.board import Board
from alerts.desk.sessions import login_path
from alerts.desk.source import Source
from alerts.desk.words import safe
from alerts.policy import Policy
from schemas.catalog.duty import ROLE_ZH
from schemas.errors import DatabaseError, MonitorError
from schemas.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime

    from fastapi import Request, Response

    from alerts.actor import Actor
    from alerts.desk.pages.board import Picture
    from schemas.runtime.database import Database

_STYLE = files("alerts.desk").joinpath("desk.css").read_text(encoding="utf-8")
_LINKS = (
    ("/", "大屏", "Wall"),
    ("/desk", "值班台", "Desk"),
    ("/desk/county", "站点", "Sites"),
    ("/desk/reports", "报表", "Reports"),
    ("/desk/rota", "值班表", "Rota"),
    ("/desk/silences", "静默", "Silences"),
)
#: So many of them are for those as well who may only look.
_FOR_ALL = 4
EVERY_S = 2.0


class Admission(Protocol):
    """Who is behind a request; `alerts.desk.sessions.Sessions` is one."""

    async def admit(self, request: Request, *acts: str) -> Actor | Response:
        """Return who is logged in, or the response to give instead."""

    async def current(self, request: Request) -> Actor | None:
        """Return who is logged in as of this moment."""


class Desk(NamedTuple):
    """What the pages stand on: the shared picture, connections to ask with, who may come in, the deadlines in force."""

    board: Board
    source: Source
    sessions: Admission
    policy: Callable[[], Policy]


class Frame:
    """One open page: its header and banner, and who has it open."""

    def __init__(self, desk: Desk, request: Request, actor: Actor, title: str) -> None:
        self.desk = desk
        self.request = request
        self.actor = actor
        self._here = request.url.path
        self._title = title
        # A defect is logged by the page's library; who pressed the button must not believe that it was done.
        ui.on_exception(lambda: ui.notify("操作出错，未保存 (an error, nothing was saved)", type="negative"))
        ui.add_css(_STYLE)
        ui.dark_mode(value=True)
        with ui.element("header").classes("top"):
            html('<b>永兴县在线监测</b> <span class="en">Duty desk</span>', "brand")
            html(_links(self._here, actor), "links", tag="nav")
            html(self._who(), "who")
        self._banner = html("", "banner")
        self._banner.set_visibility(False)
        self.main = ui.element("main").classes("page")

    def picture(self) -> Picture | None:
        """Return the shared picture."""
        return self.desk.board.picture

    @property
    def bureau(self) -> str | None:
        """The bureau of who has the page open."""
        picture = self.picture()
        return picture.bureau_of(self.actor.person) if picture else None

    def tick(self) -> datetime:
        """Bring banner and title up to date; return the instant that is now for this refresh."""
        now = clock.now()
        since, idle = self.desk.board.stale(now), self.desk.board.unjudged_since(now)
        warning = _old(since, now, never=self.picture() is None) if since else _idle(idle, now) if idle else ""
        self._banner.set_content(warning)
        self._banner.set_visibility(bool(warning))
        self.main.classes(add="old") if since else self.main.classes(remove="old")
        picture = self.picture()
        waiting = choose.unacknowledged(choose.seen_by(picture.cases, self.actor), now) if picture else 0
        title = f"({waiting}) {self._title}" if waiting else self._title
        if ui.context.client.title != title:
            ui.page_title(title)
        return now

    async def act(self, work: Callable[[Database, Actor], Awaitable[object]], done: str) -> bool:
        """Let the person do *work*, asked anew who it is; say *done*, or what is wrong. Return whether it was done."""
        try:
            actor = await self.desk.sessions.current(self.request)
            if actor is None:
                ui.notify("登录已失效，请重新登录 (please log in again)", type="warning")
                ui.navigate.to(login_path(self._here))
                return False
            async with self.desk.source.lend() as db:
                await work(db, actor)
        except MonitorError as exc:
            ui.notify(_sorry(exc), type="negative", multi_line=True, close_button="知道了", timeout=10_000)
            return False
        await self.desk.board.renewed()
        ui.notify(done, type="positive", timeout=2500)
        return True

    def _who(self) -> str:
        picture = self.picture()
        name = (picture.people.get(self.actor.person or "") if picture else None) or self.actor.name
        return (
            f'<span class="name"><b>{safe(name)}</b> <i>{ROLE_ZH[self.actor.role]}</i></span>'
            f'<a class="out" href="/logout">退出 <span class="en">Log out</span></a>'
        )


def html(content: str, classes: str = "", *, tag: str = "div") -> ui.html:
    """Return an element of *content*, in which every foreign word has been escaped by `words.safe`."""
    return ui.html(content, sanitize=False, tag=tag).classes(classes)


def _links(here: str, actor: Actor) -> str:
    shown = _LINKS if may(actor, "acknowledge") else _LINKS[:_FOR_ALL]
    return "".join(
        f'<a href="{path}"{" class=here" if path == here else ""}>{zh}<span class="en">{en}</span></a>'
        for path, zh, en in shown
    )


def _old(since: datetime, now: datetime, *, never: bool) -> str:
    if never:
        return "数据库无法连接，尚无数据可显示 (the database is away)"
    lasted = words.span((now - since).total_seconds())
    return (
        f"数据已 {lasted} 未更新，以下为 {words.clock(since)} 的情况，操作可能失败 (old data, the database may be away)"
    )


def _idle(since: datetime, now: datetime) -> str:
    lasted = words.span((now - since).total_seconds())
    return f"研判进程已停 {lasted}，事件状态与通知暂不更新，签收、记录照常保存 (no evaluator is running)"


def _sorry(exc: MonitorError) -> str:
    if isinstance(exc, DatabaseError):
        return "数据库暂时无法连接，未保存；所填内容保留，请稍后再试 (not saved, the database is away)"
    return f"{exc.sentence} {exc.mend}".strip()
