"""The border to the broker: sessions opened and closed, what they bring in one queue, acknowledgements back.

A message is acknowledged when the pipeline says so, never before; the broker keeps what is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from typing import TYPE_CHECKING

from ingest.inbox import Inbox
from ingest.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.records import Message
    from schemas.runtime.settings import BrokerSettings


_LOOK_EVERY_S = 0.02


class Receiver:
    """All sessions of one worker."""

    def __init__(self, settings: BrokerSettings, password: str | None) -> None:
        self._settings = settings
        self._password = password
        self._numbers = itertools.count(1)
        self._open: dict[str, tuple[Session, asyncio.Task[None]]] = {}
        self._draining: set[str] = set()
        self._gone = (0, 0)
        self.may_connect = asyncio.Event()
        self.may_connect.set()
        self.inbox = Inbox(self._on_room)

    def open(self, client_id: str) -> Session:
        """Return the session *client_id*, begun if it was not; it is connected some time later."""
        if client_id not in self._open:
            session = Session(self._settings, self._password, client_id, self.inbox, self._numbers)
            run = session.run(self.may_connect)
            self._open[client_id] = (session, asyncio.create_task(run, name=f"session {client_id}"))
        return self._open[client_id][0]

    async def close(self, client_id: str, *, drain_s: float = 0.0) -> None:
        """Leave the session *client_id*; it stays with the broker, and with it what is un-acknowledged.

        For up to *drain_s* seconds what is in our hands may still be committed and acknowledged.
        """
        if client_id not in self._open:
            return
        session, task = self._open[client_id]
        self._draining.add(client_id)
        session.hold(is_held=True)
        until = time.monotonic() + drain_s
        while session.in_flight and time.monotonic() < until:  # noqa: ASYNC110 - emptied elsewhere, batch by batch
            await asyncio.sleep(_LOOK_EVERY_S)
        session.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        del self._open[client_id]
        self._draining.discard(client_id)
        self._gone = (self._gone[0] + session.repeats, self._gone[1] + session.lost)

    async def close_all(self, *, drain_s: float) -> None:
        """Leave all sessions at once."""
        await asyncio.gather(*(self.close(client_id, drain_s=drain_s) for client_id in list(self._open)))

    async def watch(self) -> None:
        """Raise what ended a session that must not end; until then, for ever."""
        while True:
            for _, task in list(self._open.values()):
                if task.done() and not task.cancelled():
                    task.result()
            await asyncio.sleep(1)

    @property
    def sessions(self) -> list[Session]:
        """The sessions that are open now."""
        return [session for session, _ in self._open.values()]

    @property
    def repeats(self) -> int:
        """Messages the broker sent again while we still had them in hand."""
        return self._gone[0] + sum(session.repeats for session in self.sessions)

    @property
    def lost_sessions(self) -> int:
        """Times the broker did not know a session of ours any more."""
        return self._gone[1] + sum(session.lost for session in self.sessions)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that *messages* are stored, in order."""
        by_connection: dict[int, list[Message]] = {}
        for message in messages:
            if message.mid:
                by_connection.setdefault(message.connection, []).append(message)
        for session in self.sessions:
            session.acknowledge(by_connection)
        self.inbox.settle(messages)

    def _on_room(self, has_room: bool) -> None:  # noqa: FBT001 - the callback's one argument
        for session in self.sessions:
            session.hold(is_held=not has_room or session.client_id in self._draining)
