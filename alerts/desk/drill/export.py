"""Exports of one point: its windows as CSV or XLSX, its stored readings as CSV. Streamed and bounded; checked like the pages."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from alerts.desk.drill import entering, lines, reads, spans, spot
from alerts.desk.drill.spans import Span, SpanError
from alerts.desk.drill.spot import Spot
from alerts.desk.drill.tables import MOST_RAW_DAYS
from alerts.evidence.folder import just_before
from alerts.reports.xlsx import workbook
from schemas.catalog.enums import Basis
from schemas.errors import DatabaseError, UseError
from schemas.registry.store import Registry
from schemas.runtime import clock, logs
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from alerts.actor import Actor
    from alerts.desk.drill.reads import Sheet
    from alerts.desk.drill.spot import Binding
    from alerts.desk.pages.frame import Desk

_LOG = logs.get(__name__)
RAW = "raw"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AT_ONCE = 5000
#: So many lines are one piece of the answer.
_PIECE = 500


class Asked(NamedTuple):
    """What is to be exported."""

    spot: Spot
    span: Span
    registry: Registry
    ending: str
    is_raw: bool
    made_at: datetime

    @property
    def file_name(self) -> str:
        """The file's name: ids are of a narrow alphabet (registry), so that it needs no quoting."""
        basis = RAW if self.is_raw else self.span.basis.value
        return "_".join([*self.spot.key, basis, str(self.span.first), str(self.span.last)]) + f".{self.ending}"


def mount(app: FastAPI, desk: Desk) -> None:
    """Add ``/desk/export/point/{site}/{place}/{factor}.csv|.xlsx?basis=hour|day|month|raw&from=…&to=…``."""

    @app.get("/desk/export/point/{site}/{place}/{file}", response_model=None)
    async def _export(request: Request, site: str, place: str, file: str) -> Response:
        actor = await desk.sessions.admit(request, "see")
        if isinstance(actor, Response):
            return actor
        try:
            return await _answer(desk, actor, request, (site, place, file))
        except DatabaseError:
            return entering.away()
        except UseError as exc:
            return PlainTextResponse(f"{exc.sentence} {exc.mend}".strip(), 400)


async def _answer(desk: Desk, actor: Actor, request: Request, address: tuple[str, str, str]) -> Response:
    site, place, file = address
    factor, _, ending = file.rpartition(".")
    if ending not in {"csv", "xlsx"}:
        return PlainTextResponse("只能导出 .csv 或 .xlsx (only .csv or .xlsx). 请改地址的结尾。", 404)
    today = day_of(clock.now())
    async with desk.source.lend() as db:
        registry = await entering.registry(desk, db)
    found = spot.find(registry, (site, place, factor), today) if registry and entering.may_see(actor, site) else None
    if found is None or registry is None:
        return PlainTextResponse(f"没有测点 {site[:48]}/{place[:48]}/{factor[:48]}，或您无权查看 (no such point).", 404)
    is_raw = request.query_params.get("basis") == RAW
    span = spans.read({**request.query_params, **({"basis": Basis.HOUR.value} if is_raw else {})}, today)
    asked = Asked(found, span, registry, ending, is_raw, clock.now())
    held = spot.bounds(found, desk.board.rules, span.first, span.last)
    if is_raw:
        _check_raw(asked)
        return _streamed(asked, _readings(desk, asked, held))
    async with desk.source.lend() as db:
        sheet = await reads.sheet(db, found, span, desk.board.rules, registry, until=asked.made_at)
    if ending == "csv":
        return _streamed(asked, _windows(asked, sheet, held))
    content = await asyncio.to_thread(lambda: workbook(lines.paper(sheet, held, asked.made_at)))
    return Response(content, media_type=_XLSX, headers=_as_file(asked))


def _check_raw(asked: Asked) -> None:
    if asked.ending != "csv":
        raise SpanError("原始读数只能导出 CSV (readings are exported as CSV only).", "请把地址的结尾改为 .csv。")
    if not asked.spot.is_sent:
        raise SpanError(
            "该测点由系统计算，没有原始读数 (it is derived and has no readings).",
            "请导出其设备上报的测点，或 basis=hour。",
        )
    if asked.span.days > MOST_RAW_DAYS:
        raise SpanError(
            f"原始读数一次最多导出 {MOST_RAW_DAYS} 天，from 到 to 共 {asked.span.days} 天 (too many days of readings).",
            f"请把 from 到 to 缩短到 {MOST_RAW_DAYS} 天以内，分次导出。",
        )


def _as_file(asked: Asked) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{asked.file_name}"', "cache-control": "no-store"}


class _Pieces(StreamingResponse):
    """Pieces sent one after the other to the end, which is bounded.

    The library's own ends without any answer where the client has gone before the first piece, which the middlewares above take
    for a defect of ours.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send head and pieces; what is sent to a client that has gone is lost."""
        del scope, receive
        await self.stream_response(send)


def _streamed(asked: Asked, pieces: AsyncIterator[str]) -> Response:
    return _Pieces(pieces, media_type="text/csv; charset=utf-8", headers=_as_file(asked))


def _head(asked: Asked, held: list[Binding]) -> str:
    said = lines.head(asked.spot, asked.span, held, asked.made_at, is_raw=asked.is_raw)
    return lines.BOM + "".join(lines.line(pair) for pair in said) + lines.line([""])


async def _windows(asked: Asked, sheet: Sheet, held: list[Binding]) -> AsyncIterator[str]:
    yield _head(asked, held) + lines.line(lines.window_heads(sheet))
    for first in range(0, len(sheet.windows), _PIECE):
        places = range(first, min(first + _PIECE, len(sheet.windows)))
        yield "".join(lines.line(lines.window_cells(sheet, place)) for place in places)


async def _readings(desk: Desk, asked: Asked, held: list[Binding]) -> AsyncIterator[str]:
    """Yield the readings page by page; a connection is held for a page, never for as long as a slow line takes.

    A file that ends early must not pass for a whole one: its last line says which it is.
    """
    yield _head(asked, held) + lines.line(lines.reading_heads())
    after, until, count = just_before(asked.span.since), just_before(asked.span.until), 0
    try:
        while True:
            async with desk.source.lend() as db:
                rows = await db.fetch(
                    "evidence_readings", point=asked.spot.point, after=after, until=until, at_most=_AT_ONCE
                )
            if not rows:
                break
            count, after = count + len(rows), rows[-1][0]
            yield "".join(lines.line(lines.reading_cells(row)) for row in rows)
    except DatabaseError as exc:
        _LOG.warning("export cut short", file=asked.file_name, error=str(exc))
        yield lines.line(["未完成", f"数据库中断，仅导出 {count} 条，请重新导出 (cut short)"])
        return
    yield lines.line(["完", f"共 {count} 条"])
