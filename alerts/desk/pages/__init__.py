"""The duty desk's pages 值班台: queue, incident, rota, silences. Mounted once; one background reader for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from nicegui import ui

from alerts.actor import may
from alerts.desk import background
from alerts.desk.pages import detail
from alerts.desk.pages.board import Board
from alerts.desk.pages.frame import EVERY_S, Desk, Frame, html
from alerts.desk.pages.incident import Incident
from alerts.desk.pages.queue import Queue
from alerts.desk.pages.rota import RotaPage
from alerts.desk.pages.silences import SilencesPage
from schemas.errors import DatabaseError
from schemas.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alerts.desk.pages.frame import Admission
    from alerts.desk.source import Source
    from alerts.judge.rules import Rule
    from alerts.policy import Policy

_LOG = logs.get(__name__)
_VIEWPORT = "width=device-width, initial-scale=1, interactive-widget=resizes-content"
HOME = "/desk"
#: A page that waits for the database is still answered, with a sentence.
_BUILT_WITHIN_S = 20.0


def mount(
    url: str,
    source: Source,
    sessions: Admission,
    policy: Callable[[], Policy],
    rules: Callable[[], Mapping[str, Rule]] | None = None,
) -> Desk:
    """Add ``/desk`` and the pages below it, and their reader, which lives as long as the web process; return what pages stand on.

    *url*: the database, for the reader's own connection; *source*: lends connections for what a page asks and does;
    *policy*: returns the deadlines in force; *rules*: the rules in force, None: the shipped ones.
    """
    board = Board(url, rules)
    desk = Desk(board, source, sessions, policy)
    background.keep("desk-pages", board.run)
    _mount_queue(desk)
    _mount_incident(desk)
    _mount_plans(desk)
    return desk


def _mount_queue(desk: Desk) -> None:
    @ui.page(HOME, title="值班台", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _queue(request: Request) -> Response | None:
        frame = await _open(desk, request, "值班台", "see")
        if isinstance(frame, Response):
            return frame
        _keep(Queue(frame, _names(desk)).refresh)
        return None


def _mount_incident(desk: Desk) -> None:
    @ui.page(HOME + "/incident/{incident_id}", title="事件", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _incident(request: Request, incident_id: int) -> Response | None:
        frame = await _open(desk, request, f"事件 {incident_id}", "see")
        if isinstance(frame, Response):
            return frame
        try:
            async with desk.source.lend() as db:
                paper = await detail.paper(db, incident_id)
        except DatabaseError:
            return PlainTextResponse("数据库暂时无法连接，请稍后重试 (the database is away).", 503)
        if paper is None or not may(frame.actor, "see", paper.case.site_id):
            with frame.main:
                html(f'没有事件 {incident_id}，或您无权查看 <span class="en">No such incident</span>', "none")
            frame.tick()
            return None
        page = Incident(frame, paper)
        await page.refresh()
        ui.timer(EVERY_S, page.refresh)
        return None


def _mount_plans(desk: Desk) -> None:
    @ui.page(HOME + "/rota", title="值班表", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _rota(request: Request) -> Response | None:
        frame = await _open(desk, request, "值班表", "acknowledge")
        if isinstance(frame, Response):
            return frame
        _keep(RotaPage(frame).refresh)
        return None

    @ui.page(HOME + "/silences", title="静默与检修", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _silences(request: Request) -> Response | None:
        frame = await _open(desk, request, "静默与检修", "acknowledge")
        if isinstance(frame, Response):
            return frame
        _keep(SilencesPage(frame, _names(desk)).refresh)
        return None


def _names(desk: Desk) -> dict[str, str]:
    return {name: rule.zh for name, rule in desk.board.rules.items()}


def _keep(refresh: Callable[[], None]) -> None:
    refresh()
    ui.timer(EVERY_S, refresh)


async def _open(desk: Desk, request: Request, title: str, act: str) -> Frame | Response:
    actor = await desk.sessions.admit(request, act)
    return actor if isinstance(actor, Response) else Frame(desk, request, actor, title)
