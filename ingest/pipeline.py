"""The order of things, once: receive → decode, validate, batch → write → acknowledge.

Group commit without a timer: all that waits goes into one batch; what arrives while it commits makes the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from ingest import counts
from ingest.batch import Batch, Caps, Index, build
from ingest.receive import Receiver
from ingest.validate import Known
from ingest.write import Settled, Writer
from schemas.catalog.enums import PointKind
from schemas.catalog.factors import FACTORS
from schemas.errors import DatabaseError, DatabaseUnavailableError
from schemas.registry import store
from schemas.runtime import database, logs
from schemas.runtime.database import pause

if TYPE_CHECKING:
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
_RELOAD_EVERY_S = 2.0
_LOG_REJECTIONS_EVERY_S = 5.0


class Pipeline:
    """One ingest worker."""

    def __init__(self, settings: Settings, receiver: Receiver, worker: str = "ingest-0") -> None:
        self._settings = settings
        self._receiver = receiver
        self._worker = worker
        ingest = settings.ingest
        self._caps = Caps(
            max_message_bytes=ingest.max_message_bytes,
            max_message_values=ingest.max_message_values,
            max_age_days=ingest.max_age_days,
            max_future_s=ingest.max_future_s,
        )
        self._index: Index = {}
        self._counters: frozenset[int] = frozenset()
        self._version = 0
        self._said_rejection_at = 0.0
        self._reloaded_at = 0.0
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Commit batch after batch until cancelled; the batch in hand is tried until the database has it."""
        held: Batch | None = None
        attempt = 0
        while True:
            try:
                async with database.connect(self._settings.database_url or "", f"monitor-{self._worker}") as db:
                    writer = Writer(db, self._settings.broker.root, self._caps, self._worker)
                    await writer.prepare()
                    await self._reload(db)
                    attempt = 0
                    self.ready.set()
                    if held is not None:
                        await self._settle(writer, held)
                        held = None
                    while True:
                        held = await self._next(db)
                        await self._settle(writer, held)
                        held = None
            except DatabaseUnavailableError as exc:
                counts.DATABASE_AWAY.inc()
                _LOG.warning("database away, messages stay with the broker", error=str(exc), attempt=attempt)
            except DatabaseError as exc:
                _LOG.error("database refuses our work", error=str(exc), attempt=attempt)
            await pause(attempt)
            attempt += 1

    async def _next(self, db: Database) -> Batch:
        """Return the next batch; the registry is read again meanwhile if it changed."""
        while True:
            try:
                messages = await asyncio.wait_for(
                    self._receiver.take(
                        self._settings.ingest.max_batch_messages, self._settings.ingest.max_batch_bytes
                    ),
                    _RELOAD_EVERY_S,
                )
            except TimeoutError:
                await self._reload(db)
                continue
            if time.monotonic() - self._reloaded_at > _RELOAD_EVERY_S:
                await self._reload(db)
            return build(messages, self._index, self._settings.broker.root, self._caps)

    async def _settle(self, writer: Writer, batch: Batch) -> None:
        """Commit *batch*, then acknowledge it."""
        counts.IN_FLIGHT.set(self._receiver.unacknowledged)
        began = time.perf_counter()
        for settled in await writer.write(batch, self._index, self._counters):
            self._count(settled)
        counts.COMMIT_SECONDS.observe(time.perf_counter() - began)
        self._receiver.acknowledge(batch.messages)
        counts.MESSAGES.inc(len(batch.messages))
        counts.IN_FLIGHT.set(self._receiver.unacknowledged)
        counts.REPEATS.set(self._receiver.dropped_repeats)

    def _count(self, settled: Settled) -> None:
        counts.RECEIVED.inc(settled.received)
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

    async def _reload(self, db: Database) -> None:
        self._reloaded_at = time.monotonic()
        rows = await db.fetch("registry_version")
        if not rows or rows[0][0] == self._version:
            return
        registry = await store.current(db)
        if registry is not None:
            self._index, self._counters = index_of(registry)
            self._version = registry.version_id
            _LOG.info("registry read", version=self._version, devices=len(self._index), points=len(registry.points))


def index_of(registry: Registry) -> tuple[Index, frozenset[int]]:
    """Return (site, device) → factor → what is known of the point, and the numbers of the counters."""
    index: Index = {}
    counters = set()
    for site in registry.document.sites:
        for device in site.devices:
            known = index.setdefault((site.id, device.id), {})
            for point in device.points:
                number = registry.points[site.id, device.id, point.factor]
                factor = FACTORS[point.factor]
                low = factor.low if point.low is None else point.low
                high = factor.high if point.high is None else point.high
                known[point.factor] = Known(number, low, high)
                if point.kind is PointKind.COUNTER:
                    counters.add(number)
    return index, frozenset(counters)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Receive until *stop*; what is not committed by then stays with the broker."""
    password_file = settings.broker.password_file
    password = password_file.read_text(encoding="ascii").strip() if password_file else None
    receiver = Receiver(settings.broker, password)
    pipeline = Pipeline(settings, receiver)
    tasks = [
        asyncio.create_task(receiver.run(), name="receive"),
        asyncio.create_task(pipeline.run(), name="pipeline"),
        asyncio.create_task(_tell_ready(settings, receiver, pipeline), name="ready"),
    ]
    stopping = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait([*tasks[:2], stopping], return_when=asyncio.FIRST_COMPLETED)
    receiver.close()
    for task in [*tasks, stopping]:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    for task in done - {stopping}:
        task.result()


async def _tell_ready(settings: Settings, receiver: Receiver, pipeline: Pipeline) -> None:
    await pipeline.ready.wait()
    await receiver.connected.wait()
    if settings.ready_file:
        settings.ready_file.touch()
