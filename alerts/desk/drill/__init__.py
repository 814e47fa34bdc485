"""Drill-down 下钻: county → site → point → hour → message. Mounted once, beside the duty desk's pages."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Request, Response
from nicegui import ui

from alerts.actor import may
from alerts.desk.drill import export, hour, point, trace
from alerts.desk.drill.county import County
from alerts.desk.drill.site import SitePage, unknown
from alerts.desk.drill.sums import Ledger
from alerts.desk.pages.frame import EVERY_S, Frame, html

if TYPE_CHECKING:
    from fastapi import FastAPI

    from alerts.desk.keeper import Keeper
    from alerts.desk.pages.frame import Desk

_STYLE = files(__package__).joinpath("drill.css").read_text(encoding="utf-8")
_VIEWPORT = "width=device-width, initial-scale=1, interactive-widget=resizes-content"
#: A page that waits for the database is still answered, with a sentence.
_BUILT_WITHIN_S = 20.0


def mount(app: FastAPI, desk: Desk, keeper: Keeper) -> None:
    """Add ``/desk/county``, ``/desk/site/{site}`` and the pages below them.

    *desk*: what `alerts.desk.pages` stands on; *keeper*: the wall's snapshot, shared; *app* takes the exports.
    """
    _mount_county(desk, keeper, Ledger(desk.source))
    _mount_site(desk, keeper)
    point.mount(desk)
    hour.mount(desk)
    trace.mount(desk)
    export.mount(app, desk)


def _mount_county(desk: Desk, keeper: Keeper, ledger: Ledger) -> None:
    @ui.page("/desk/county", title="站点", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _county(request: Request) -> Response | None:
        frame = await _open(desk, request, "站点")
        if isinstance(frame, Response):
            return frame
        page = County(frame, keeper, ledger, request.query_params)
        await page.refresh()
        ui.timer(EVERY_S, page.refresh)
        return None


def _mount_site(desk: Desk, keeper: Keeper) -> None:
    @ui.page("/desk/site/{site}", title="站点", viewport=_VIEWPORT, response_timeout=_BUILT_WITHIN_S)
    async def _site(request: Request, site: str) -> Response | None:
        picture = desk.board.picture
        frame = await _open(desk, request, "站点", site)
        if isinstance(frame, Response):
            return frame
        if not may(frame.actor, "see", site) or (picture is not None and site not in picture.sites):
            with frame.main:
                html(unknown(site), "none lost")
            frame.tick()
            return None
        page = SitePage(frame, keeper, site)
        await page.refresh()
        ui.timer(EVERY_S, page.refresh)
        return None


async def _open(desk: Desk, request: Request, title: str, site: str = "") -> Frame | Response:
    actor = await desk.sessions.admit(request, "see")
    if isinstance(actor, Response):
        return actor
    picture = desk.board.picture
    # Whoever may not see a site is not told its name either.
    name = picture.sites.get(site) if picture is not None and may(actor, "see", site) else None
    frame = Frame(desk, request, actor, name or title)
    ui.add_css(_STYLE)
    return frame
