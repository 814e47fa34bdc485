"""What a worker does beside receiving, on a connection of its own: holds its shares, proves its sums."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING

import msgspec

from ingest import counts
from ingest.shares import client_id_of, filters_of, owner_of
from schemas.errors import DatabaseError, UseError
from schemas.runtime import database, logs
from schemas.runtime.clock import now
from schemas.runtime.database import pause

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.pipeline import Pipeline
    from ingest.receive import Receiver
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
_EVERY_S = 1.0
_AT_FIRST_EVERY_S = 0.1
#: A worker not heard of for so long is gone, and the others share its work.
_GONE_AFTER_S = 10
_DRAIN_WITHIN_S = 3.0


class Upkeep:
    """Shares and self check of one worker."""

    def __init__(self, settings: Settings, receiver: Receiver, pipeline: Pipeline) -> None:
        self._settings = settings
        self._receiver = receiver
        self._pipeline = pipeline
        self._held: set[int] = set()
        # Names are given by people, perhaps twice; this is one process.
        self._instance = uuid.uuid4().hex
        self._is_successor = True
        self._checked_at = 0.0
        self._wrong_since: datetime | None = None
        self.is_leaving = False
        self.settled_in = asyncio.Event()

    async def run(self) -> None:
        """Go round until cancelled.

        Raises:
            UseError: the sessions were made for another number of shares.

        """
        await self._pipeline.ready.wait()
        attempt = 0
        while True:
            try:
                application = f"monitor-{self._settings.ingest.worker}-upkeep"
                patience = self._settings.ingest.database_answer_s
                url = self._settings.database_url or ""
                async with database.connect(url, application, answer_within_s=patience) as db:
                    await self._agree_on_shares(db)
                    while True:
                        await self._round(db)
                        attempt = 0
                        await asyncio.sleep(_EVERY_S if self.settled_in.is_set() else _AT_FIRST_EVERY_S)
            except DatabaseError as exc:
                # Somebody else may serve our shares now: who is cut off from the broker stays away until we know.
                self._receiver.may_connect.clear()
                if attempt == 0:
                    _LOG.warning("database away, upkeep waits", error=str(exc))
            await pause(attempt, cap_s=3)
            attempt += 1

    async def leave(self) -> None:
        """Tell the others at once that this worker has gone."""
        try:
            async with database.connect(self._settings.database_url or "", "monitor-leave") as db:
                await db.execute("share_release", shares=sorted(self._held), instance=self._instance)
                await db.execute("worker_leave", worker=self._settings.ingest.worker)
        except DatabaseError:
            return

    async def _agree_on_shares(self, db: Database) -> None:
        shares = self._settings.ingest.shares
        planned = (await db.fetch("share_plan", shares=shares))[0][0]
        if planned != shares:
            raise UseError(
                f"会话是按 {planned} 个分片建立的，设置却是 {shares} (the broker's sessions were made for another number).",
                f"Set MONITOR_INGEST__SHARES={planned}; to change it see README, More workers.",
            )

    async def _renew(self, db: Database) -> None:
        """Renew the leases of the shares we hold; leave those that another process has meanwhile.

        Leases and not the database's own locks: a lock lives as long as its connection, and a connection that a pooler or
        a firewall has forgotten may live at the server's end for hours.
        """
        rows = await db.fetch("share_renew", shares=sorted(self._held), instance=self._instance, ttl_s=_GONE_AFTER_S)
        for share in sorted(self._held - {share for (share,) in rows}):
            _LOG.warning("another process has taken over a share", share=share)
            self._is_successor = False
            self._held.discard(share)
            await self._receiver.close(self._client_id(share))
        self._receiver.may_connect.set()

    async def _round(self, db: Database) -> None:
        await self._share(db)
        self._set_gauges()
        if time.monotonic() - self._checked_at > self._settings.ingest.self_check_s:
            self._checked_at = time.monotonic()
            await self._check(db)

    async def _share(self, db: Database) -> None:
        """Bring what we hold in line with who is there."""
        if self.is_leaving:
            return
        me, shares = self._settings.ingest.worker, self._settings.ingest.shares
        await self._renew(db)
        workers = [name for (name,) in await db.fetch("worker_beat", worker=me, gone_after_s=_GONE_AFTER_S)]
        wanted = {share for share in range(shares) if owner_of(share, workers) == me}
        for share in sorted(self._held - wanted):
            self._held.discard(share)
            await self._receiver.close(self._client_id(share), drain_s=_DRAIN_WITHIN_S)
            await db.execute("share_release", shares=[share], instance=self._instance)
            _LOG.info("share handed over", share=share, to=owner_of(share, workers))
        for share in sorted(wanted - self._held):
            if await self._take(db, share):
                self._held.add(share)
        self._open()
        if self._held == wanted and all(session.connected.is_set() for session in self._receiver.sessions):
            self.settled_in.set()

    async def _take(self, db: Database, share: int) -> bool:
        rows = await db.fetch(
            "share_take",
            share=share,
            worker=self._settings.ingest.worker,
            instance=self._instance,
            is_successor=self._is_successor,
            ttl_s=_GONE_AFTER_S,
        )
        return bool(rows)

    def _open(self) -> None:
        """Open the sessions of the shares we hold, each with the filters of the sites it has now."""
        registry = self._pipeline.registry
        sites = [site.id for site in registry.document.sites] if registry else []
        for share in sorted(self._held):
            filters = filters_of(share, self._settings.ingest.shares, self._settings.broker.root, sites)
            if filters:
                self._receiver.open(self._client_id(share)).follow(filters)

    def _client_id(self, share: int) -> str:
        return client_id_of(share, self._settings.ingest.shares, self._settings.broker.client_id)

    def _set_gauges(self) -> None:
        counts.REPEATS.set(self._receiver.repeats)
        counts.SESSIONS_LOST.set(self._receiver.lost_sessions)
        counts.SESSIONS.set(sum(session.connected.is_set() for session in self._receiver.sessions))
        counts.IN_FLIGHT.set(self._receiver.inbox.in_flight)

    async def _check(self, db: Database) -> None:
        """Prove the sums; what does not agree for a minute becomes an incident (by the judge, from this row)."""
        balance = self._pipeline.balance()
        tally = await db.fetch("tally_astray")
        agrees = balance.agrees and not tally
        counts.DIFFERENCE.labels(of="messages").set(balance.messages_astray)
        counts.DIFFERENCE.labels(of="values").set(balance.values_astray)
        self._wrong_since = None if agrees else (self._wrong_since or now())
        if not agrees:
            _LOG.error(
                "the sums do not agree", messages=balance.messages_astray, values=balance.values_astray, tally=tally
            )
        body = msgspec.structs.asdict(balance) | {
            "messages_astray": balance.messages_astray,
            "values_astray": balance.values_astray,
            "tally_astray": [worker for (worker,) in tally],
        }
        await db.execute(
            "self_check_set",
            worker=self._settings.ingest.worker,
            wrong_since=self._wrong_since,
            body=database.json(body),
        )
