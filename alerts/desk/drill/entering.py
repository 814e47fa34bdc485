"""How a page of one point begins: who may see it, which registry stands, and the sentence where there is nothing to show."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Response
from fastapi.responses import PlainTextResponse
from nicegui import ui

from alerts.actor import may
from alerts.desk.pages.frame import EVERY_S, Frame, html
from alerts.desk.words import clock, safe
from schemas.errors import DatabaseError
from schemas.registry import store

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import Request

    from alerts.actor import Actor
    from alerts.desk.pages.frame import Desk
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

VIEWPORT = "width=device-width, initial-scale=1, interactive-widget=resizes-content"
#: A page that waits for the database is still answered, with a sentence.
BUILT_WITHIN_S = 20.0
_STYLE = files("alerts.desk.drill").joinpath("point.css").read_text(encoding="utf-8")


async def enter(desk: Desk, request: Request, title: str) -> Frame | Response:
    """Return the page's frame, or the response to give instead: to the log-in, 403 or 503."""
    actor = await desk.sessions.admit(request, "see")
    if isinstance(actor, Response):
        return actor
    frame = Frame(desk, request, actor, title)
    ui.add_css(_STYLE)
    ui.timer(EVERY_S, frame.tick)
    frame.tick()
    return frame


def sees(frame: Frame, site: str) -> bool:
    """Say whether who has the page open may see *site*; where not, the page says the same as of what is not there."""
    return may_see(frame.actor, site)


def may_see(actor: Actor, site: str) -> bool:
    """Say whether *actor* may see *site*: operators see their own."""
    return may(actor, "see", site)


def nothing(frame: Frame, zh: str, mend: str = "", back: str = "") -> None:
    """Show the sentence *zh* (English beside it) and what mends it, in place of the page; *back*: the address of the point."""
    own = f'<a href="{safe(back)}">回到该测点 Back to the point</a>　' if back else ""
    with frame.main, ui.element("section").classes("panel"):
        html(
            f'<p class="wrong">{safe(zh)}<br>{safe(mend)}</p><p>{own}<a href="/desk/county">全县站点 All sites</a></p>'
        )


def until(instant: datetime) -> str:
    """Return as of when a page is."""
    return f"数据截至 {clock(instant)}"


def away() -> Response:
    """Return the answer while the database is away."""
    return PlainTextResponse("数据库暂时无法连接，请稍后重试 (the database is away).", 503)


async def registry(desk: Desk, db: Database) -> Registry | None:
    """Return the registry in force: as the desk's pages know it, read anew before they have.

    Raises:
        DatabaseError: the database is away.

    """
    picture = desk.board.picture
    return picture.registry if picture is not None else await store.current(db)


__all__ = [
    "BUILT_WITHIN_S",
    "VIEWPORT",
    "DatabaseError",
    "away",
    "enter",
    "may_see",
    "nothing",
    "registry",
    "sees",
    "until",
]
