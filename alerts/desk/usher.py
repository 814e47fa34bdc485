"""Shows out whose log-in has ended while a page was open: an open page goes on moving through its socket otherwise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from nicegui import Client

from alerts.desk.sessions import LOGIN, LOGOUT, PASSWORD, login_path
from schemas.errors import DatabaseError
from schemas.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from alerts.desk.sessions import Sessions

    Scope = MutableMapping[str, Any]
    App = Callable[[Scope, Any, Any], Awaitable[None]]

_LOG = logs.get(__name__)
_EVERY_S = 5.0
WALL = "/"
_DOORS = frozenset({LOGIN, LOGOUT, PASSWORD})


class Usher:
    """Looks at the open pages now and then. *is_wall_open*: the wall needs no log-in."""

    def __init__(self, sessions: Sessions, *, is_wall_open: bool) -> None:
        self._sessions = sessions
        self._free = _DOORS | {WALL} if is_wall_open else _DOORS
        self._told: set[str] = set()

    async def run(self) -> None:
        """Look for ever; while the database is away everybody stays."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.look()
            except DatabaseError as exc:
                _LOG.info("log-ins not looked at", error=str(exc))

    async def look(self) -> None:
        """Send to the log-in whose log-in has ended; a page that stays all the same is closed at the next look.

        Raises:
            DatabaseError: the database is away.

        """
        over: set[str] = set()
        for client in list(Client.instances.values()):
            if client.page.path in self._free or await self._sessions.current(client.request) is not None:
                continue
            if client.id in self._told:
                client.delete()
            else:
                over.add(client.id)
                client.open(login_path(client.request.url.path))
        self._told = over


class ClosedWall:
    """Middleware: the wall for those only who are logged in."""

    def __init__(self, app: App, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass on all but a request for the wall by nobody."""
        if scope["type"] == "http" and scope["path"] == WALL:
            found = await self._sessions.admit(Request(scope, receive), "wall")
            if isinstance(found, Response):
                await found(scope, receive, send)
                return
        await self._app(scope, receive, send)
