"""``/public`` and ``/public.json``: for anybody, without log-in, without socket. What is shown comes from a small cache."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from alerts.reports import public, publishing
from alerts.reports.publishing import Released
from alerts.reports.store import Stored
from schemas.errors import DatabaseError, DatabaseUnavailableError
from schemas.runtime import clock, logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from alerts.desk.source import Source

_LOG = logs.get(__name__)
#: House convention: what is released or taken back is to be seen within a minute, however many look. Half of it is kept here, the
#: other half by browsers.
_LASTS = timedelta(seconds=30)
#: A database that did not answer is asked again after this.
_AGAIN = timedelta(seconds=5)
_MOST_PERIODS = 24
_HEADERS = {
    "Content-Security-Policy": public.POLICY,
    "Cache-Control": f"public, max-age={int(_LASTS.total_seconds())}",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Shown(NamedTuple):
    """What is released as of *as_of*, and the version asked for; None where that one is not."""

    released: list[Released]
    stored: Stored | None
    as_of: datetime


class Shelf:
    """What was read lately. One reads, the others wait; while the database is away the last that was read is shown."""

    def __init__(self, source: Source, *, now: Callable[[], datetime] = clock.now) -> None:
        self._source = source
        self._now = now
        self._turn = asyncio.Lock()
        self._released: tuple[datetime, list[Released]] | None = None
        self._stored: dict[int, Stored] = {}
        self._bodies: dict[tuple[str, int | None], bytes] = {}
        self._failed_at: datetime | None = None

    async def take(self, period: str | None) -> Shown:
        """Return what is released and the newest version of *period*, of the newest period where None.

        Raises:
            DatabaseError: the database is away, and nothing was read before.

        """
        async with self._turn:
            as_of, released = await self._list()
            wanted = next((one for one in released if period in {None, one.period}), None)
            return Shown(released, None if wanted is None else await self._version(wanted), as_of)

    def body(self, path: str, shown: Shown, make: Callable[[], bytes]) -> bytes:
        """Return what *make* makes of *shown* for *path*, made once for as long as it is shown."""
        key = (path, None if shown.stored is None else shown.stored.report_id)
        if key not in self._bodies:
            self._bodies[key] = make()
        return self._bodies[key]

    async def _list(self) -> tuple[datetime, list[Released]]:
        now = self._now()
        # A clock that was set back must not keep what was taken back before the public.
        if self._released is not None and timedelta() <= now - self._released[0] < _LASTS:
            return self._released
        # Not each of many who wait may wait for a database that does not answer.
        if self._failed_at is not None and timedelta() <= now - self._failed_at < _AGAIN:
            return self._old(DatabaseUnavailableError("The database did not answer a moment ago."))
        try:
            async with self._source.lend() as db:
                found = await publishing.released(db)
        except DatabaseError as exc:
            self._failed_at = self._now()
            _LOG.info("public page not read anew", error=str(exc))
            return self._old(exc)
        self._failed_at, self._released = None, (now, found)
        self._bodies.clear()
        # What was taken back must not stay in memory and come back by mistake.
        allowed = {(one.report_id, one.released_at) for one in found}
        self._stored = {key: one for key, one in self._stored.items() if (key, one.released_at) in allowed}
        return self._released

    def _old(self, exc: DatabaseError) -> tuple[datetime, list[Released]]:
        if self._released is None:
            raise exc
        return self._released

    async def _version(self, wanted: Released) -> Stored | None:
        if wanted.report_id not in self._stored:
            async with self._source.lend() as db:
                found = await publishing.shown(db, wanted.report_id)
            # Taken back in this very moment.
            if found is None:
                return None
            while len(self._stored) >= _MOST_PERIODS:
                gone = next(iter(self._stored))
                del self._stored[gone]
                self._bodies = {key: body for key, body in self._bodies.items() if key[1] != gone}
            self._stored[wanted.report_id] = found
        return self._stored[wanted.report_id]


def mount(app: FastAPI, source: Source) -> None:
    """Add the public page; open to all, whatever is closed besides."""
    shelf = Shelf(source)

    @app.api_route(public.PATH, methods=["GET", "HEAD"], response_model=None)
    async def _page(request: Request) -> Response:
        shown = await _taken(shelf, request)
        if shown is None:
            return _away()
        if shown.stored is None and (shown.released or _asks(request)):
            return HTMLResponse(public.missing(shown.as_of), 404, _HEADERS)
        body = shelf.body(
            public.PATH, shown, lambda: public.page(shown.stored, shown.released, as_of=shown.as_of).encode()
        )
        return HTMLResponse(body, headers=_HEADERS)

    @app.api_route(public.JSON_PATH, methods=["GET", "HEAD"], response_model=None)
    async def _json(request: Request) -> Response:
        shown = await _taken(shelf, request)
        if shown is None:
            return _away()
        status = 404 if shown.stored is None and _asks(request) else 200
        body = shelf.body(
            public.JSON_PATH, shown, lambda: msgspec.json.encode(public.document(shown.stored, shown.released))
        )
        return Response(body, status, _HEADERS, "application/json")


async def _taken(shelf: Shelf, request: Request) -> Shown | None:
    """Return what *request* asks for; None while the database is away."""
    asked = request.query_params.get("period")
    try:
        return await shelf.take(asked)
    except DatabaseError:
        return None


def _asks(request: Request) -> bool:
    return "period" in request.query_params


def _away() -> Response:
    headers = {**_HEADERS, "Cache-Control": "no-store", "Retry-After": "30"}
    return PlainTextResponse("暂时无法显示，请稍后重试 (temporarily unavailable).", 503, headers)
