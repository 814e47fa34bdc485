"""One batch: what a commit will hold. Pure; the order of messages is kept, the first value of a key wins."""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from ingest.columns import COPY_HEAD, COPY_TAIL, HOUR_US, PG_EPOCH_US, Columns
from ingest.context import Who
from ingest.decode import decode
from ingest.validate import Known, bounds, validate
from schemas.catalog.enums import Reason
from schemas.records import Message, Reading, Refusal, Rejection, Sample
from schemas.wire.json import decode_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.context import Caps, Context
    from ingest.limit import Limiter


_DAY_US = 24 * HOUR_US
#: A time beyond all reason must still be a number that clocks can be compared by (year 30,000).
_ANY_TIME_US = 1 << 59
# ts, value, batch_id, point_id, mark, late: six fields, each with its length before it.
_ROW = struct.Struct("!hiqidiqiiici?")


class Batch(msgspec.Struct, kw_only=True):
    """Messages with what they say. *received* counts values, or 1 for a message that holds none.

    *columns* hold the readings of plain messages, *readings* those of the others. *owners*: position of
    the message that brought each of the `readings`. *too_fast*: positions of messages over their device's limit. *told*: births and last wills, stored as the device's
    state. *lags*: device → µs between the newest instant it spoke of and our receiving it; negative: its clock is ahead. *replays*: rejections that this batch settles anew.
    """

    messages: list[Message] = msgspec.field(default_factory=list)
    readings: dict[tuple[int, int], Reading] = msgspec.field(default_factory=dict)
    owners: list[int] = msgspec.field(default_factory=list)
    rejections: list[Rejection] = msgspec.field(default_factory=list)
    columns: Columns | None = None
    too_fast: set[int] = msgspec.field(default_factory=set)
    states: dict[Who, tuple[bool, int]] = msgspec.field(default_factory=dict)
    lags: dict[Who, tuple[int, int]] = msgspec.field(default_factory=dict)
    replays: list[int] = msgspec.field(default_factory=list)
    size_bytes: int = 0
    received: int = 0
    duplicate: int = 0
    told: int = 0

    @property
    def stored(self) -> int:
        """Readings to store."""
        return len(self.readings) + (self.columns.size if self.columns is not None else 0)

    @property
    def late(self) -> int:
        """Readings that came late."""
        late = sum([reading.late for reading in self.readings.values()])
        return late + (self.columns.late if self.columns is not None else 0)

    def origin(self, position: int) -> Message:
        """Return the message that brought the reading at *position* of `readings`."""
        return self.messages[self.owners[position]]


def build(messages: Sequence[Message], context: Context, too_fast: Iterable[int] = ()) -> Batch:
    """Return the batch that *messages* make, all of them read the general way: doubles among them are found here."""
    batch = Batch(too_fast=set(too_fast))
    add(batch, messages, context)
    return batch


def add(batch: Batch, messages: Iterable[Message], context: Context, limiter: Limiter | None = None) -> None:
    """Decode and prove *messages*, and put what they say into *batch*; `finish` it before it is written."""
    columns = batch.columns
    for message in messages:
        position = len(batch.messages)
        batch.messages.append(message)
        batch.size_bytes += len(message.payload)
        if columns is None or not _add_plain(batch, columns, position, limiter):
            _add_safely(batch, position, context, limiter)


def _add_plain(batch: Batch, columns: Columns, position: int, limiter: Limiter | None) -> bool:
    """Put the message at *position* into *columns* if it is plain and in time; say whether it was."""
    message = batch.messages[position]
    try:
        plain = columns.read(message)
        if plain is None:
            return False
        plan, ts_us, values = plain
        if limiter is not None and not limiter.admits(plan.who, ts_us):
            # The general way refuses it then, and does not ask the limiter again.
            batch.too_fast.add(position)
            return False
        _note_lag(batch, plan.who, message.received_us, ts_us)
    except Exception:  # noqa: BLE001 - a defect of the fast lane must not end the worker: the general way decides
        return False
    columns.keep(position, plan, ts_us, values)
    batch.received += len(values)
    return True


def finish(batch: Batch, context: Context) -> None:
    """Prove the columns; messages that turn out not to be plain are read the general way."""
    if batch.columns is not None:
        for position in batch.columns.finish():
            found = decode_plain(batch.messages[position].payload)
            batch.received -= len(found.values) if found else 0
            _add_safely(batch, position, context, None)


def _note_lag(batch: Batch, who: Who, received_us: int, newest_us: int) -> None:
    lag = received_us - newest_us
    if who not in batch.lags or lag < batch.lags[who][0]:
        batch.lags[who] = (lag, received_us)


def _add_safely(batch: Batch, position: int, context: Context, limiter: Limiter | None) -> None:
    message = batch.messages[position]
    before = (batch.received, batch.duplicate, batch.told, len(batch.rejections), len(batch.readings))
    try:
        _add(batch, position, context, limiter)
    except Exception as exc:  # noqa: BLE001 - a defect of ours must cost one message, not the county's data
        _undo(batch, before)
        batch.received += 1
        said = f"程序出错，原文已保存 (our program failed): {type(exc).__name__}: {exc}"[:300]
        _refuse(batch, message, [Refusal(Reason.DECODER_FAILED, said)], (None, None))


def _undo(batch: Batch, before: tuple[int, int, int, int, int]) -> None:
    """Take back what the last message of *batch* brought."""
    batch.received, batch.duplicate, batch.told, rejections, readings = before
    del batch.rejections[rejections:]
    while len(batch.readings) > readings:
        batch.readings.popitem()
    del batch.owners[readings:]


def _add(batch: Batch, position: int, context: Context, limiter: Limiter | None) -> None:
    caps = context.caps
    message = batch.messages[position]
    topic, samples, refusals, online = decode(message, context.root, caps.max_message_bytes, caps.max_message_values)
    count = (len(samples) + len(refusals)) or 1
    batch.received += count
    if topic is None:
        _refuse(batch, message, refusals, (None, None))
        return
    who = (topic.site, topic.device)
    points = context.index.get(who)
    if points is None:
        unknown = f"未登记的设备 {topic.site}/{topic.device} (device not registered)"
        _refuse(batch, message, [Refusal(Reason.UNKNOWN_DEVICE, unknown)], who, count)
        return
    newest_us = max(samples[0].ts_us, samples[-1].ts_us) if samples else message.received_us
    newest_us = min(max(newest_us, -_ANY_TIME_US), _ANY_TIME_US)
    if position in batch.too_fast or (limiter is not None and not limiter.admits(who, newest_us)):
        batch.too_fast.add(position)
        too_fast = (
            "该设备发送过快 (more messages than its own clock has time for): MONITOR_INGEST__MAX_DEVICE_MESSAGES_PER_S"
        )
        _refuse(batch, message, [Refusal(Reason.TOO_FAST, too_fast)], who, count)
        return
    if online is not None:
        batch.states[who] = (online, message.received_us)
        batch.told += 1
    if samples:
        _add_samples(batch, position, samples, points, caps, refusals)
        _note_lag(batch, who, message.received_us, newest_us)
    if refusals:
        _refuse(batch, message, refusals, who)


def _add_samples(
    batch: Batch,
    position: int,
    samples: Sequence[Sample],
    points: Mapping[str, Known],
    caps: Caps,
    refusals: list[Refusal],
) -> None:
    """Prove *samples* and keep the first value of each key; what is wrong is added to *refusals*."""
    message = batch.messages[position]
    accepted = bounds(
        message.received_us,
        max_age_days=caps.max_age_days,
        late_after_s=caps.late_after_s,
        max_future_s=caps.max_future_s,
    )
    readings, refused = validate(samples, points, accepted)
    refusals += refused
    stored = batch.readings
    for reading in readings:
        first = stored.setdefault((reading[0], reading[1]), reading)
        if first is reading:
            batch.owners.append(position)
            continue
        if (first.value, first.mark) == (reading.value, reading.mark):
            batch.duplicate += 1
        else:
            refusals.append(conflict(reading, first.value, first.mark))


def _refuse(
    batch: Batch,
    message: Message,
    refusals: Sequence[Refusal],
    who: tuple[str | None, str | None],
    refused: int | None = None,
) -> None:
    """Put one rejection a reason into *batch*."""
    by_reason: dict[Reason, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        by_reason[refusal.reason].append(refusal)
    for group in by_reason.values():
        batch.rejections.append(reject(message, group, who=who, refused=refused))


def conflict(reading: Reading, value: float, mark: str) -> Refusal:
    """Return the refusal of a second, different value for one point and time; the first stands."""
    said = f"{reading.value}/{reading.mark}，已存 (stored) {value}/{mark}"
    return Refusal(Reason.CONFLICT, f"point {reading.point_id} @ {reading.ts_us // 1000} ms: {said}")


def reject(
    message: Message, refusals: Sequence[Refusal], *, who: tuple[str | None, str | None], refused: int | None = None
) -> Rejection:
    """Return the record of what of *message* was refused for one reason."""
    return Rejection(
        reason=refusals[0].reason,
        topic=message.topic,
        payload=message.payload,
        received_us=message.received_us,
        details=tuple(refusal.detail for refusal in refusals[:50]),
        refused=refused or len(refusals),
        site_id=who[0],
        device_id=who[1],
    )


def copy_rows(readings: Iterable[Reading], batch_id: int) -> bytes:
    """Return *readings* as rows of a binary COPY, without its head and tail: ts, value, batch_id, point_id, mark, late."""
    pack = _ROW.pack
    return b"".join(
        [
            pack(6, 8, ts_us - PG_EPOCH_US, 8, value, 8, batch_id, 4, point_id, 1, mark.encode(), 1, late)
            for point_id, ts_us, value, mark, late in readings
        ]
    )


def copy_data(batch: Batch, batch_id: int) -> bytes:
    """Return all readings of *batch* in PostgreSQL's binary COPY format."""
    columns = batch.columns.copy_rows(batch_id) if batch.columns is not None else b""
    return b"".join((COPY_HEAD, columns, copy_rows(batch.readings.values(), batch_id), COPY_TAIL))


def instants_of(batch: Batch, instants: frozenset[int], losers: Iterable[int] = ()) -> list[tuple[int, int]]:
    """Return point and time (µs) of the readings of *batch* that are each judged by themselves, those of *instants*.

    *losers*: positions of `readings` whose key was stored before; they say nothing new.
    """
    found = batch.columns.instants() if batch.columns is not None else []
    if not instants:
        return found
    lost = set(losers)
    return found + [key for place, key in enumerate(batch.readings) if key[0] in instants and place not in lost]


def windows_of(batch: Batch, counters: frozenset[int]) -> dict[int, list[int]]:
    """Return the windows that all readings of *batch* touch; see `windows`."""
    touched = windows(batch.readings.values(), counters)
    for hour, points in batch.columns.windows().items() if batch.columns is not None else ():
        touched[hour] = sorted({*points, *touched.get(hour, ())})
    return touched


def windows(readings: Iterable[Reading], counters: frozenset[int]) -> dict[int, list[int]]:
    """Return hour (µs since 1970) → points whose hour must be derived again.

    A counter's reading on the full hour closes the hour before, and opens its own: both are touched.
    """
    touched: dict[int, set[int]] = defaultdict(set)
    for point_id, ts_us, _, _, _ in readings:
        hour = ts_us - ts_us % HOUR_US
        touched[hour].add(point_id)
        if point_id in counters:
            touched[hour - HOUR_US if ts_us == hour else hour + HOUR_US].add(point_id)
    return {hour: sorted(points) for hour, points in touched.items()}


def utc_days(hours: Iterable[int]) -> set[int]:
    """Return the UTC days (since 1970) of *hours* (µs since 1970)."""
    return {hour // _DAY_US for hour in hours}
