"""``/desk/reports/{number}.xlsx`` and ``.pdf``: one version as a file, for whoever may read it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from alerts.desk.reports.access import disposition, file_name, may_read
from alerts.reports import store
from alerts.reports.printer import Order, Printer
from alerts.reports.xlsx import workbook
from schemas.errors import DatabaseError, MonitorError
from schemas.runtime import logs

if TYPE_CHECKING:
    from fastapi import FastAPI

    from alerts.desk.pages.frame import Desk
    from alerts.reports.store import Stored

_LOG = logs.get(__name__)
XLSX, PDF = "xlsx", "pdf"
_KINDS = {XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", PDF: "application/pdf"}
#: A workbook of some thousand rows takes a second of a thread.
_AT_ONCE = 2


def mount(app: FastAPI, desk: Desk) -> None:
    """Add the downloads; before the pages, whose addresses would take them."""
    printer, turns = Printer(), asyncio.Semaphore(_AT_ONCE)

    @app.get("/desk/reports/{number:int}.{ending}", response_model=None)
    async def _file(request: Request, number: int, ending: str) -> Response:
        actor = await desk.sessions.admit(request, "see")
        if isinstance(actor, Response):
            return actor
        try:
            async with desk.source.lend() as db:
                stored = await store.one(db, number) if number < 2**63 else None
        except DatabaseError:
            return PlainTextResponse("数据库暂时无法连接，请稍后重试 (the database is away).", 503)
        # The same for what is not there and for what is another's.
        if stored is None or ending not in _KINDS or not may_read(actor, stored.paper.scope):
            return PlainTextResponse("没有这份报表，或您无权查看 (no such report).", 404)
        try:
            if ending == PDF:
                body = await printer.document(_order(stored))
            else:
                async with turns:
                    body = await asyncio.to_thread(workbook, stored.paper)
        except MonitorError as exc:
            _LOG.warning("report not made as a file", report=number, ending=ending, error=str(exc))
            return PlainTextResponse(str(exc), 503)
        headers = {
            "Content-Disposition": disposition(file_name(stored, ending), f"report-{number}.{ending}"),
            "Cache-Control": "private, no-store",
        }
        return Response(body, media_type=_KINDS[ending], headers=headers)


def _order(stored: Stored) -> Order:
    return Order(paper=stored.paper, version=stored.version, made_at=stored.made_at, changes=stored.changes)
