"""Writes one batch in one transaction: readings, raw messages, rejections, states, stale windows, tally.

When it returns, everything is committed and the messages may be acknowledged.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
import zstandard

from ingest.batch import build, conflict, copy_rows, reject, utc_days, windows
from schemas.catalog.enums import Reason
from schemas.errors import DataRefusedError
from schemas.records import Message, Reading, Refusal, Rejection
from schemas.times import from_us
from schemas.topics import parse_topic

if TYPE_CHECKING:
    from ingest.batch import Batch, Caps, Index
    from schemas.runtime.database import Database

_EPOCH = date(1970, 1, 1)


class Settled(msgspec.Struct, frozen=True):
    """What became of the values of a batch."""

    received: int
    stored: int
    duplicate: int
    rejections: tuple[Rejection, ...]

    @property
    def rejected(self) -> int:
        """Values refused."""
        return sum(rejection.refused for rejection in self.rejections)


class Writer:
    """Writes batches on one connection, for one worker's chain of digests."""

    def __init__(self, db: Database, root: str, caps: Caps, worker: str) -> None:
        self._db = db
        self._root = root
        self._caps = caps
        self._worker = worker
        self._compressor = zstandard.ZstdCompressor(level=3)

    async def prepare(self) -> None:
        """Make the staging table of this connection."""
        await self._db.execute("staging_create")

    async def write(self, batch: Batch, index: Index, counters: frozenset[int]) -> list[Settled]:
        """Commit *batch*; where the database refuses rows, halve it until the culprits stand alone and are refused.

        Raises:
            DatabaseUnavailableError: nothing was committed; the same batch may be tried again.

        """
        try:
            return [await self._commit(batch, counters)]
        except DataRefusedError as exc:
            if len(batch.messages) == 1:
                return [await self._commit(_refuse_whole(batch, str(exc), self._root), counters)]
        half = len(batch.messages) // 2
        settled = []
        for part in (batch.messages[:half], batch.messages[half:]):
            again = build(part, index, self._root, self._caps)
            settled += await self.write(again, index, counters)
        return settled

    async def _commit(self, batch: Batch, counters: frozenset[int]) -> Settled:
        readings = [reading for reading, _ in batch.readings.values()]
        async with self._db.transaction():
            batch_id, previous = (await self._db.fetch("batch_next", worker=self._worker))[0]
            losers = await self._merge(readings, batch_id) if readings else []
            settled = _settle(batch, losers, self._root)
            for rejection in settled.rejections:
                await self._db.execute("rejection_insert", **_rejection_row(rejection, batch_id))
            for (site, device), (online, at_us) in batch.states.items():
                await self._db.execute(
                    "device_state_set", site_id=site, device_id=device, online=online, changed_at=from_us(at_us)
                )
            for hour, points in windows(readings, counters).items():
                await self._db.execute("stale_insert", hour=from_us(hour), point_ids=points)
            await self._file(batch, settled, batch_id, previous)
        return settled

    async def _merge(self, readings: list[Reading], batch_id: int) -> list[tuple[Reading, float, str]]:
        """Store *readings*; return those whose key was taken, with the value that stands."""
        days = [_EPOCH + timedelta(days=day) for day in sorted(utc_days(readings))]
        await self._db.execute("make_room", days=days)
        await self._db.copy("staging_copy", copy_rows(readings, batch_id))
        if await self._db.execute("staging_merge") == len(readings):
            return []
        rows = await self._db.fetch("staging_losers")
        return [
            (Reading(point, ts_us, value, mark), stood, mark_stood)
            for point, ts_us, value, mark, stood, mark_stood in rows
        ]

    async def _file(self, batch: Batch, settled: Settled, batch_id: int, previous: bytes | None) -> None:
        raw = msgspec.msgpack.encode([(m.received_us, m.topic, m.payload) for m in batch.messages])
        times = [message.received_us for message in batch.messages]
        counts = {"stored": settled.stored, "duplicate": settled.duplicate, "rejected": settled.rejected}
        await self._db.execute(
            "batch_insert",
            batch_id=batch_id,
            worker=self._worker,
            received_from=from_us(min(times)),
            received_to=from_us(max(times)),
            messages=len(batch.messages),
            payload=self._compressor.compress(raw),
            digest=hashlib.sha256((previous or b"") + raw).digest(),
            previous_digest=previous,
            **counts,
        )
        await self._db.execute("tally_add", worker=self._worker, received=settled.received, **counts)


def _settle(batch: Batch, losers: list[tuple[Reading, float, str]], root: str) -> Settled:
    """Return what became of each value, given the readings that lost to a stored one."""
    rejections = list(batch.rejections)
    equal = 0
    for reading, stood, mark_stood in losers:
        if (reading.value, reading.mark) == (stood, mark_stood):
            equal += 1
            continue
        message = batch.messages[batch.readings[reading.point_id, reading.ts_us][1]]
        rejections.append(reject(message, [conflict(reading, stood, mark_stood)], who=_who(message, root)))
    return Settled(
        received=batch.received,
        stored=len(batch.readings) - len(losers) + batch.told,
        duplicate=batch.duplicate + equal,
        rejections=tuple(rejections),
    )


def _who(message: Message, root: str) -> tuple[str | None, str | None]:
    topic = parse_topic(root, message.topic)
    return (topic.site, topic.device) if topic else (None, None)


def _refuse_whole(batch: Batch, why: str, root: str) -> Batch:
    message = batch.messages[0]
    refusal = Refusal(Reason.DATABASE_REFUSED, f"数据库拒收 (the database refused it): {why}"[:300])
    rejection = reject(message, [refusal], who=_who(message, root), refused=batch.received)
    return type(batch)(messages=[message], readings={}, rejections=[rejection], states={}, received=batch.received)


def _rejection_row(rejection: Rejection, batch_id: int) -> dict[str, object]:
    return {
        "received_at": from_us(rejection.received_us),
        "reason": rejection.reason.value,
        # PostgreSQL's text knows no NUL; the bytes themselves are kept beside it.
        "topic": rejection.topic.replace("\x00", "�"),
        "site_id": rejection.site_id,
        "device_id": rejection.device_id,
        "details": [detail.replace("\x00", "�").encode("utf-8", "replace").decode() for detail in rejection.details],
        "refused": rejection.refused,
        "payload": rejection.payload,
        "batch_id": batch_id,
    }
