"""The desk's connections: a few, lent to one call at a time, made anew after one broke."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from schemas.errors import DatabaseError
from schemas.runtime import database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from schemas.runtime.database import Database

_AT_ONCE = 4
_ANSWER_WITHIN_S = 15.0


class Source:
    """At most *at_once* connections for API, log-in and pages."""

    def __init__(self, url: str, *, at_once: int = _AT_ONCE) -> None:
        self._url = url
        self._turns = asyncio.Semaphore(at_once)
        self._idle: list[tuple[AsyncExitStack, Database]] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Database]:
        """Lend a connection.

        Raises:
            DatabaseUnavailableError: the database is away; the next call tries anew.

        """
        async with self._turns:
            stack, db = await self._take()
            try:
                yield db
            except (DatabaseError, asyncio.CancelledError):
                # Nobody knows what a broken or cut off call left behind on its connection.
                await stack.aclose()
                raise
            except BaseException:
                await self._put(stack, db)
                raise
            await self._put(stack, db)

    async def close(self) -> None:
        """Close all connections that nobody holds."""
        while self._idle:
            await self._idle.pop()[0].aclose()

    async def _take(self) -> tuple[AsyncExitStack, Database]:
        while self._idle:
            stack, db = self._idle.pop()
            if not db.closed:
                return stack, db
            await stack.aclose()
        stack = AsyncExitStack()
        return stack, await stack.enter_async_context(
            database.connect(self._url, "monitor-desk-ask", answer_within_s=_ANSWER_WITHIN_S)
        )

    async def _put(self, stack: AsyncExitStack, db: Database) -> None:
        if db.closed:
            await stack.aclose()
        else:
            self._idle.append((stack, db))
