"""Writes one batch in one transaction: readings, raw messages, rejections, states, stale windows, instant facts, tally.

When it returns, everything is committed and the messages may be acknowledged.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
import zstandard

from ingest.batch import Batch, build, conflict, copy_data, instants_of, reject, utc_days, windows_of
from schemas.catalog.enums import Reason
from schemas.errors import DataRefusedError, KeyTakenError, MonitorError
from schemas.records import Message, Refusal, Rejection
from schemas.runtime import logs
from schemas.times import US_PER_SECOND, from_us
from schemas.topics import parse_topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.context import Context, Who
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
_EPOCH = date(1970, 1, 1)
#: So many batches go through staging after one that held a stored key: repeats come in crowds (a broker's redelivery).
_STAGED_AFTER_REPEAT = 20
_CLOCKS_EVERY_US = 10 * US_PER_SECOND
_NEVER = (0, 0)


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

    def __init__(self, db: Database, worker: str) -> None:
        self._db = db
        self._worker = worker
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._staged_for = 0
        self._clocks: dict[Who, tuple[int, int]] = {}

    async def prepare(self) -> None:
        """Make the staging table of this connection, and end what hangs of the one before it."""
        await self._db.execute("staging_create")
        for pid, _ in await self._db.fetch("predecessor_end"):
            _LOG.warning("a hung transaction of an earlier connection of ours was ended", pid=pid)

    async def write(self, batch: Batch, context: Context) -> list[Settled]:
        """Commit *batch*; where the database refuses rows, halve it until the culprits stand alone and are refused.

        Raises:
            DatabaseUnavailableError: nothing was committed, or it is not known; the same batch may be tried again.

        """
        try:
            return [await self._commit(batch, context)]
        except DataRefusedError as exc:
            why: Exception = exc
        except MonitorError:
            raise
        except Exception as exc:  # noqa: BLE001 - a defect of ours must cost one message, not the county's data
            _LOG.exception("our program failed on a batch; it is halved until the message stands alone")
            why = exc
        if len(batch.messages) == 1:
            return [await self._commit(_refuse_whole(batch, str(why), context.root), context)]

        half = len(batch.messages) // 2
        settled = []
        for begin, end in ((0, half), (half, len(batch.messages))):
            too_fast = {position - begin for position in batch.too_fast if begin <= position < end}
            part = build(batch.messages[begin:end], context, too_fast)
            part.replays = batch.replays if begin == 0 else []
            settled += await self.write(part, context)
        return settled

    async def _commit(self, batch: Batch, context: Context) -> Settled:
        """Commit *batch*: straight into place, or over staging where a key was taken."""
        if not self._staged_for:
            try:
                return await self._commit_once(batch, context, is_staged=False)
            except KeyTakenError:
                self._staged_for = _STAGED_AFTER_REPEAT
        self._staged_for -= 1
        if batch.columns is not None:
            replays, batch = batch.replays, build(batch.messages, context, batch.too_fast)
            batch.replays = replays
        return await self._commit_once(batch, context, is_staged=True)

    async def _commit_once(self, batch: Batch, context: Context, *, is_staged: bool) -> Settled:
        touched = windows_of(batch, context.counters)
        async with self._db.transaction():
            batch_id, previous = await self._next(touched)
            losers: list[tuple[int, float, str]] = []
            if batch.stored:
                data = copy_data(batch, batch_id)
                if is_staged:
                    losers = await self._merge(batch, data)
                else:
                    await self._db.copy("reading_copy", data)
            settled = _settle(batch, losers, context.root)
            await self._tell_judge(instants_of(batch, context.instants, (position for position, _, _ in losers)))
            if batch.replays:
                await self._db.execute("rejection_replayed", ids=batch.replays)
            await self._db.execute_many(
                "rejection_insert", [_rejection_row(rejection, batch_id) for rejection in settled.rejections]
            )
            clocks = await self._tell_devices(batch)
            await self._file(batch, settled, touched, batch_id, previous)
        self._clocks.update(clocks)
        return settled

    async def _next(self, touched: Iterable[int]) -> tuple[int, bytes | None]:
        """Return the batch's number and the digest before it; there is room for its days afterwards."""
        days = [_EPOCH + timedelta(days=day) for day in sorted(utc_days(touched))]
        while not (rows := await self._db.fetch("batch_next", worker=self._worker, days=days)):
            await self._db.execute("tally_open", worker=self._worker)
        return rows[0][0], rows[0][1]

    async def _merge(self, batch: Batch, data: bytes) -> list[tuple[int, float, str]]:
        """Store what is new; return the positions of readings whose key was taken, with the value that stands."""
        await self._db.copy("staging_copy", data)
        if await self._db.execute("staging_merge") == len(batch.readings):
            return []
        place = {key: position for position, key in enumerate(batch.readings)}
        times = [ts_us for _, ts_us in batch.readings]
        span = {"since": from_us(min(times)), "until": from_us(max(times))}
        return [
            (place[point, ts_us], stood, mark_stood)
            for point, ts_us, stood, mark_stood in await self._db.fetch("staging_losers", **span)
        ]

    async def _tell_judge(self, instants: list[tuple[int, int]]) -> None:
        """Leave the judge what it judges reading by reading, and wake it when this is committed."""
        if instants:
            # As text: a backlog brings thousands, and the driver would turn each of them over singly.
            points, times = (f"{{{','.join(map(str, column))}}}" for column in zip(*instants, strict=True))
            await self._db.execute("facts_instant", points=points, instants_us=times)

    async def _tell_devices(self, batch: Batch) -> dict[Who, tuple[int, int]]:
        """Store births, last wills and clocks; return the clocks, to be remembered when they are committed."""
        await self._db.execute_many(
            "device_state_set",
            [
                {"site_id": site, "device_id": device, "online": online, "changed_at": from_us(at_us)}
                for (site, device), (online, at_us) in batch.states.items()
            ],
        )
        due = {
            who: (lag_us, at_us)
            for who, (lag_us, at_us) in batch.lags.items()
            if at_us - self._clocks.get(who, _NEVER)[1] >= _CLOCKS_EVERY_US
            # The end of a backlog: what is said now is nearer to the device's clock.
            or lag_us < self._clocks[who][0] - US_PER_SECOND
        }
        await self._db.execute_many(
            "device_clock_set",
            [
                {"site_id": site, "device_id": device, "received_at": from_us(at_us), "lag_s": lag_us / US_PER_SECOND}
                for (site, device), (lag_us, at_us) in due.items()
            ],
        )
        return due

    async def _file(
        self, batch: Batch, settled: Settled, touched: dict[int, list[int]], batch_id: int, previous: bytes | None
    ) -> None:
        raw = msgspec.msgpack.encode([(m.received_us, m.topic, m.payload) for m in batch.messages])
        times = [message.received_us for message in batch.messages]
        await self._db.execute(
            "batch_file",
            batch_id=batch_id,
            worker=self._worker,
            received_from=from_us(min(times)),
            received_to=from_us(max(times)),
            messages=len(batch.messages),
            received=settled.received,
            stored=settled.stored,
            duplicate=settled.duplicate,
            rejected=settled.rejected,
            told=batch.told,
            payload=self._compressor.compress(raw),
            digest=hashlib.sha256((previous or b"") + raw).digest(),
            previous_digest=previous,
            hours=[from_us(hour) for hour in touched],
            points=["{" + ",".join(map(str, points)) + "}" for points in touched.values()],
        )


def _settle(batch: Batch, losers: list[tuple[int, float, str]], root: str) -> Settled:
    """Return what became of each value, given the positions of the readings that lost to a stored one."""
    rejections = list(batch.rejections)
    readings = list(batch.readings.values()) if losers else []
    equal = 0
    for position, stood, mark_stood in losers:
        reading = readings[position]
        if (reading.value, reading.mark) == (stood, mark_stood):
            equal += 1
            continue
        message = batch.origin(position)
        rejections.append(reject(message, [conflict(reading, stood, mark_stood)], who=_who(message, root)))
    return Settled(
        received=batch.received,
        stored=batch.stored - len(losers) + batch.told,
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
    return Batch(messages=[message], rejections=[rejection], received=batch.received, replays=batch.replays)


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
