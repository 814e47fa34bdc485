"""The order of things, once: receive → decode, validate, batch → write → acknowledge.

Group commit: what arrives while one batch commits is decoded into the next, which is taken when the database is free
again and the stream pauses. A broker with a small window gets small fast batches, a large one large batches.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from ingest import counts
from ingest.balance import Balance
from ingest.batch import Batch, add, finish
from ingest.columns import Columns, Lane
from ingest.context import Caps, Context
from ingest.index import index_of
from ingest.limit import Limiter
from ingest.write import Settled, Writer
from schemas.errors import DatabaseError, DatabaseUnavailableError
from schemas.registry import store
from schemas.registry.derived import instant_points
from schemas.runtime import database, logs
from schemas.runtime.database import pause

if TYPE_CHECKING:
    from ingest.receive import Receiver
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
_RELOAD_EVERY_S = 2.0
_LOG_REJECTIONS_EVERY_S = 5.0
#: Messages decoded at a time; then whoever else has something to do has the turn.
_SLICE = 200
_SLICE_BYTES = 200_000
#: Messages that are worth a commit without waiting for more; and what counts as a pause in the stream.
_ENOUGH = 500
_PAUSE_S = 0.004


class Pipeline:
    """The decoding and the committing half of one ingest worker, and the batch that is open between them."""

    def __init__(self, settings: Settings, receiver: Receiver) -> None:
        ingest = settings.ingest
        self._settings = settings
        self._receiver = receiver
        self._caps = Caps(
            max_message_bytes=ingest.max_message_bytes,
            max_message_values=ingest.max_message_values,
            max_age_days=ingest.max_age_days,
            late_after_s=ingest.late_after_s,
            max_future_s=ingest.max_future_s,
        )
        self._limiter = Limiter(ingest.max_device_messages_per_s, ingest.max_device_burst)
        self._context: Context | None = None
        self._lane: Lane | None = None
        self._open = Batch()
        self._held: Batch | None = None
        self._filled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._version = 0
        self._said_rejection_at = 0.0
        self._said_no_registry = False
        self._reloaded_at = 0.0
        self._values = {"received": 0, "stored": 0, "duplicate": 0, "rejected": 0}
        self.registry: Registry | None = None
        self.ready = asyncio.Event()

    async def decode(self) -> None:
        """Put what waits into the open batch, until cancelled; never more than one commit may hold."""
        await self.ready.wait()
        limits = self._settings.ingest
        while True:
            await self._has_room.wait()
            messages = await self._receiver.inbox.take(min(_SLICE, limits.max_batch_messages), _SLICE_BYTES)
            assert self._context is not None
            before = self._open.received
            add(self._open, messages, self._context, self._limiter)
            self._values["received"] += self._open.received - before
            counts.RECEIVED.inc(self._open.received - before)
            counts.MESSAGES_RECEIVED.inc(len(messages))
            self._filled.set()
            if (
                len(self._open.messages) + _SLICE > limits.max_batch_messages
                or self._open.size_bytes > limits.max_batch_bytes
            ):
                self._has_room.clear()
            await asyncio.sleep(0)

    async def commit(self) -> None:
        """Commit batch after batch until cancelled; the batch in hand is tried until the database has it."""
        attempt = 0
        while True:
            try:
                application = f"monitor-{self._settings.ingest.worker}"
                patience = self._settings.ingest.database_answer_s
                url = self._settings.database_url or ""
                async with database.connect(url, application, answer_within_s=patience) as db:
                    writer = Writer(db, self._settings.ingest.worker)
                    await writer.prepare()
                    await self._reload(db)
                    while True:
                        self._held = self._held or await self._next(db)
                        await self._settle(writer, self._held)
                        attempt = 0
            except DatabaseUnavailableError as exc:
                counts.DATABASE_AWAY.inc()
                # The first tries tell enough; a night without a database is one trouble, not thousands of lines.
                if attempt < 3 or attempt % 20 == 0:  # noqa: PLR2004 - as said above
                    _LOG.warning("database away, messages stay with the broker", error=str(exc), attempt=attempt)
            except DatabaseError as exc:
                _LOG.error("database refuses our work, messages stay with the broker", error=str(exc), attempt=attempt)
            await pause(attempt)
            attempt += 1

    async def _next(self, db: Database) -> Batch:
        """Return the batch that has been filled; the registry is read again meanwhile if it changed."""
        while not self._open.messages:
            self._filled.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._filled.wait(), _RELOAD_EVERY_S)
            if time.monotonic() - self._reloaded_at > _RELOAD_EVERY_S:
                await self._reload(db)
        if time.monotonic() - self._reloaded_at > _RELOAD_EVERY_S:
            await self._reload(db)
        await self._gather()
        assert self._context is not None
        batch, self._open = self._open, self._empty()
        before = batch.received
        finish(batch, self._context)
        self._values["received"] += batch.received - before
        self._held = batch
        self._has_room.set()
        return batch

    async def _gather(self) -> None:
        """Let a small batch grow while more keeps coming: a commit costs the same for ten messages as for a hundred.

        A pause in the stream ends it at once, since a broker that waits for our acknowledgements sends nothing more.
        """
        until = time.monotonic() + self._settings.ingest.gather_ms / 1000
        while len(self._open.messages) < _ENOUGH and time.monotonic() < until:
            before = len(self._open.messages)
            await asyncio.sleep(_PAUSE_S)
            if len(self._open.messages) == before:
                return

    def _empty(self) -> Batch:
        return Batch(columns=Columns(self._lane) if self._lane is not None else None)

    async def _settle(self, writer: Writer, batch: Batch) -> None:
        """Commit *batch*, then acknowledge it."""
        assert self._context is not None
        began = time.perf_counter()
        for settled in await writer.write(batch, self._context):
            self._count(settled)
        counts.COMMIT_SECONDS.observe(time.perf_counter() - began)
        self._held = None
        self._receiver.acknowledge(batch.messages)
        counts.MESSAGES.inc(len(batch.messages))
        counts.LATE.inc(batch.late)
        counts.IN_FLIGHT.set(self._receiver.inbox.in_flight)
        counts.IN_HAND.set(self._open.received)

    def _count(self, settled: Settled) -> None:
        self._values["stored"] += settled.stored
        self._values["duplicate"] += settled.duplicate
        self._values["rejected"] += settled.rejected
        counts.STORED.inc(settled.stored)
        counts.DUPLICATE.inc(settled.duplicate)
        for rejection in settled.rejections:
            counts.REJECTED.labels(reason=rejection.reason.value).inc(rejection.refused)
        if settled.rejections and time.monotonic() - self._said_rejection_at > _LOG_REJECTIONS_EVERY_S:
            self._said_rejection_at = time.monotonic()
            last = settled.rejections[-1]
            _LOG.warning(
                "values refused, kept in table rejection",
                values=settled.rejected, reason=last.reason.value, topic=last.topic[:120], example=last.details[0][:200],
            )  # fmt: skip

    def balance(self) -> Balance:
        """Return where everything is now."""
        inbox = self._receiver.inbox
        batches = [self._open, *([self._held] if self._held is not None else [])]
        return Balance(
            messages_received=inbox.received,
            messages_settled=inbox.settled,
            messages_in_hand=inbox.waiting + sum(len(batch.messages) for batch in batches),
            values_received=self._values["received"],
            values_stored=self._values["stored"],
            values_duplicate=self._values["duplicate"],
            values_rejected=self._values["rejected"],
            values_in_hand=sum(batch.received for batch in batches),
        )

    async def _reload(self, db: Database) -> None:
        self._reloaded_at = time.monotonic()
        rows = await db.fetch("registry_version")
        if not rows:
            if not self._said_no_registry:
                _LOG.warning("no registry is applied yet, messages stay with the broker: monitor registry apply FILE")
            self._said_no_registry = True
            return
        if rows[0][0] == self._version:
            return
        registry = await store.current(db)
        if registry is not None:
            index, counters = index_of(registry)
            root = self._settings.broker.root
            self._context = Context(
                index=index, counters=counters, root=root, caps=self._caps, instants=instant_points(registry)
            )
            self._lane = Lane(self._context)
            if not self._open.messages:
                self._open = self._empty()
            self.registry = registry
            self._version = registry.version_id
            self.ready.set()
            _LOG.info("registry read", version=self._version, devices=len(index), points=len(registry.points))
