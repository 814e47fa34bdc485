"""One evaluator at a time: a lease in the database, renewed while its holder lives, taken over when it does not.

A lease and not the database's own lock: a lock lives as long as its connection, and the connection of a process that hangs
lives for ever. Times are the database's; what the holder believes of its own lease is reckoned from before it asked, on the
monotonic clock, and ends a little early.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
import uuid
from typing import TYPE_CHECKING

from schemas.errors import DatabaseError
from schemas.runtime import database, logs

if TYPE_CHECKING:
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
_APPLICATION = "monitor-alerts"
_TRY_EVERY_S = 1.0
#: PostgreSQL keeps 63 bytes of an application's name: what the holder's connections are for must find room behind it.
_LONGEST_HOLDER = 40
_HOST = 22


class LeaseLostError(Exception):
    """The lease has ended or somebody else holds it: what it allowed must stop now."""


def new_holder() -> str:
    """Return a name for this process that no other has had: host, process, chance."""
    host = socket.gethostname().encode("ascii", "replace").decode()[:_HOST]
    return f"{host}-{os.getpid()}-{uuid.uuid4().hex[:8]}"[:_LONGEST_HOLDER]


def application(holder: str, what: str = "") -> str:
    """Return the application name of *holder*'s connection for *what*; all of a holder's begin alike."""
    return f"{_APPLICATION} {holder} {what}"[:63]


class Lease:
    """The lease *name*, once: from standing by until it is lost or given back.

    *ttl_s*: a holder silent for so long is replaced. It renews every third of that, and stops a sixth before the end.
    """

    def __init__(self, url: str, name: str, holder: str, ttl_s: float) -> None:
        self._url = url
        self._name = name
        self._ttl_s = ttl_s
        self._ends = 0.0
        self._said = False
        self.holder = holder
        #: Set once it is ours, and for good.
        self.gained = asyncio.Event()

    @property
    def held(self) -> bool:
        """Say whether it is ours now: asked before each transaction and each sending."""
        return time.monotonic() < self._ends

    async def keep(self) -> None:
        """Take it when it is free, and renew it until cancelled; the database may come and go meanwhile.

        Raises:
            LeaseLostError: somebody else has it.

        """
        attempt = 0
        while True:
            try:
                # An answer that comes after the lease's end is of no use.
                connected = database.connect(
                    self._url, application(self.holder, "lease"), answer_within_s=self._ttl_s / 2
                )
                async with connected as db:
                    while True:
                        await self._turn(db)
                        attempt = 0
                        await asyncio.sleep(self._ttl_s / 3 if self.gained.is_set() else _TRY_EVERY_S)
            except DatabaseError as exc:
                if attempt == 0:
                    _LOG.warning("database away, the lease waits", error=str(exc))
                attempt += 1
                await asyncio.sleep(min(_TRY_EVERY_S, 0.1 * attempt))

    async def expire(self) -> None:
        """Wait for its end; returns never otherwise.

        Raises:
            LeaseLostError: it could not be renewed in time.

        """
        await self.gained.wait()
        while (left_s := self._ends - time.monotonic()) > 0:  # noqa: ASYNC110 - it is put off as often as it is renewed
            await asyncio.sleep(left_s)
        raise LeaseLostError("the lease was not renewed in time")

    async def release(self) -> None:
        """Give it back, if it is still ours: whoever stands by need not wait for its end."""
        if not self.held:
            return
        self._ends = 0.0
        try:
            async with database.connect(self._url, application(self.holder, "leave"), answer_within_s=2) as db:
                await db.execute("lease_release", lease=self._name, holder=self.holder)
        except DatabaseError as exc:
            _LOG.warning("the lease could not be given back, it ends by itself", error=str(exc))

    async def _turn(self, db: Database) -> None:
        asked = time.monotonic()
        if self.gained.is_set():
            if not await db.fetch("lease_renew", lease=self._name, holder=self.holder, ttl_s=self._ttl_s):
                self._ends = 0.0
                raise LeaseLostError("another evaluator has taken over")
            self._extend(asked)
            return
        rows = await db.fetch("lease_take", lease=self._name, holder=self.holder, ttl_s=self._ttl_s)
        if not rows:
            await self._say_once(db)
            return
        former = rows[0][0]
        if former not in {"", self.holder}:
            await self._end_former(db, former)
        self._extend(asked)
        self.gained.set()

    def _extend(self, asked: float) -> None:
        self._ends = asked + self._ttl_s * 5 / 6

    async def _end_former(self, db: Database, former: str) -> None:
        ended = await db.fetch("lease_former_end", application=application(former))
        _LOG.warning("took over from an evaluator that went silent", former=former, its_sessions_ended=len(ended))

    async def _say_once(self, db: Database) -> None:
        if not self._said:
            self._said = True
            rows = await db.fetch("lease_holder", lease=self._name)
            _LOG.info("another evaluator judges, this one stands by", holder=rows[0][0] if rows else "")


__all__ = ["Lease", "LeaseLostError", "application", "new_holder"]
