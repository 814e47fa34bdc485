"""Reports on the desk 报表: list, one to read, downloads; and the public page. Mounted once, beside the duty desk's pages."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from nicegui import ui

from alerts.desk.pages.frame import EVERY_S, Frame, html
from alerts.desk.reports import downloads, public_page
from alerts.desk.reports.access import may_read
from alerts.desk.reports.listing import ReportsPage
from alerts.desk.reports.reading import ReadingPage, read
from schemas.errors import DatabaseError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from alerts.desk.pages.frame import Desk

_STYLE = files(__package__).joinpath("reports.css").read_text(encoding="utf-8")
_VIEWPORT = "width=device-width, initial-scale=1, interactive-widget=resizes-content"
_BUILT_WITHIN_S = 20.0
PATH = "/desk/reports"


def mount(app: FastAPI, desk: Desk) -> None:
    """Add ``/desk/reports`` and what lies below it, ``/public`` and ``/public.json``."""
    downloads.mount(app, desk)
    public_page.mount(app, desk.source)
    _mount_list(desk)
    _mount_one(desk)


def _mount_list(desk: Desk) -> None:
    @ui.page(PATH, title="报表", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _reports(request: Request) -> Response | None:
        frame = await _open(desk, request, "报表")
        if isinstance(frame, Response):
            return frame
        await ReportsPage(frame).load()
        return None


def _mount_one(desk: Desk) -> None:
    @ui.page(PATH + "/{number:int}", title="报表", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _report(request: Request, number: int) -> Response | None:
        frame = await _open(desk, request, "报表")
        if isinstance(frame, Response):
            return frame
        try:
            async with desk.source.lend() as db:
                found = await read(db, number) if number < 2**63 else None
        except DatabaseError:
            return PlainTextResponse("数据库暂时无法连接，请稍后重试 (the database is away).", 503)
        if found is None or not may_read(frame.actor, found[0].paper.scope):
            frame.tick()
            with frame.main:
                html(f'没有报表 {number}，或您无权查看 <span class="en">No such report</span>', "none")
            return None
        ReadingPage(frame, *found)
        return None


async def _open(desk: Desk, request: Request, title: str) -> Frame | Response:
    actor = await desk.sessions.admit(request, "see")
    if isinstance(actor, Response):
        return actor
    frame = Frame(desk, request, actor, title)
    ui.add_css(_STYLE)
    # Old data and an idle evaluator are said here as on every page.
    ui.timer(EVERY_S, frame.tick)
    return frame
