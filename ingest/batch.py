"""One batch: what a commit will hold. Pure; the order of messages is kept, the first value of a key wins."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from ingest.decode import decode
from ingest.validate import Known, bounds, validate
from schemas.catalog.enums import Reason
from schemas.records import Message, Reading, Refusal, Rejection, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.limit import Limiter


#: 1970 → 2000, the epoch of PostgreSQL's binary timestamps.
_PG_EPOCH_US = 946_684_800_000_000
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
_COPY_TAIL = struct.pack("!h", -1)
# ts, value, batch_id, point_id, mark, late: six fields, each with its length before it.
_ROW = struct.Struct("!hiqidiqiiici?")

Who = tuple[str, str]
Index = dict[Who, dict[str, Known]]


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """How much one message may hold, and how far from our clock its readings may lie."""

    max_message_bytes: int
    max_message_values: int
    max_age_days: int
    late_after_s: int
    max_future_s: int


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What messages are read against: the registry's points, the counters among them, the topic root, the caps."""

    index: Index
    counters: frozenset[int]
    root: str
    caps: Caps


class Batch(msgspec.Struct, kw_only=True):
    """Messages with what they say. *received* counts values, or 1 for a message that holds none.

    *starts*: how many readings there were before each message. *told*: births and last wills, stored as the device's
    state. *lags*: device → µs between the newest instant it spoke of and our receiving it; negative: its clock is ahead.
    """

    messages: list[Message] = msgspec.field(default_factory=list)
    readings: dict[tuple[int, int], Reading] = msgspec.field(default_factory=dict)
    starts: list[int] = msgspec.field(default_factory=list)
    rejections: list[Rejection] = msgspec.field(default_factory=list)
    states: dict[Who, tuple[bool, int]] = msgspec.field(default_factory=dict)
    lags: dict[Who, tuple[int, int]] = msgspec.field(default_factory=dict)
    size_bytes: int = 0
    received: int = 0
    duplicate: int = 0
    told: int = 0

    def origin(self, position: int) -> Message:
        """Return the message that brought the reading at *position* of `readings`."""
        return self.messages[bisect_right(self.starts, position) - 1]


def build(messages: Sequence[Message], context: Context, limiter: Limiter | None = None) -> Batch:
    """Return the batch that *messages* make."""
    batch = Batch()
    add(batch, messages, context, limiter)
    return batch


def add(batch: Batch, messages: Iterable[Message], context: Context, limiter: Limiter | None = None) -> None:
    """Decode and prove *messages*, and put what they say into *batch*."""
    for message in messages:
        batch.messages.append(message)
        batch.starts.append(len(batch.readings))
        batch.size_bytes += len(message.payload)
        before = (batch.received, batch.duplicate, batch.told, len(batch.rejections))
        try:
            _add(batch, message, context, limiter)
        except Exception as exc:  # noqa: BLE001 - a defect of ours must cost one message, not the county's data
            _undo(batch, before)
            batch.received += 1
            said = f"程序出错，原文已保存 (our program failed): {type(exc).__name__}: {exc}"[:300]
            _refuse(batch, message, [Refusal(Reason.DECODER_FAILED, said)], (None, None))


def _undo(batch: Batch, before: tuple[int, int, int, int]) -> None:
    """Take back what the last message of *batch* brought."""
    batch.received, batch.duplicate, batch.told, rejections = before
    del batch.rejections[rejections:]
    while len(batch.readings) > batch.starts[-1]:
        batch.readings.popitem()


def _add(batch: Batch, message: Message, context: Context, limiter: Limiter | None) -> None:
    caps = context.caps
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
    if limiter is not None and not limiter.admits(who, newest_us):
        too_fast = (
            "该设备发送过快 (more messages than its own clock has time for): MONITOR_INGEST__MAX_DEVICE_MESSAGES_PER_S"
        )
        _refuse(batch, message, [Refusal(Reason.TOO_FAST, too_fast)], who, count)
        return
    if online is not None:
        batch.states[who] = (online, message.received_us)
        batch.told += 1
    if samples:
        _add_samples(batch, message, samples, points, caps, refusals)
        lag = message.received_us - newest_us
        if who not in batch.lags or lag < batch.lags[who][0]:
            batch.lags[who] = (lag, message.received_us)
    if refusals:
        _refuse(batch, message, refusals, who)


def _add_samples(
    batch: Batch,
    message: Message,
    samples: Sequence[Sample],
    points: Mapping[str, Known],
    caps: Caps,
    refusals: list[Refusal],
) -> None:
    """Prove *samples* and keep the first value of each key; what is wrong is added to *refusals*."""
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
        first = stored.setdefault(reading[:2], reading)
        if first is reading:
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
    """Return *readings* in PostgreSQL's binary COPY format: ts, value, batch_id, point_id, mark, late."""
    pack = _ROW.pack
    rows = [
        pack(6, 8, ts_us - _PG_EPOCH_US, 8, value, 8, batch_id, 4, point_id, 1, mark.encode(), 1, late)
        for point_id, ts_us, value, mark, late in readings
    ]
    return b"".join((_COPY_HEAD, *rows, _COPY_TAIL))


def windows(readings: Iterable[Reading], counters: frozenset[int]) -> dict[int, list[int]]:
    """Return hour (µs since 1970) → points whose hour must be derived again.

    A counter's reading on the full hour closes the hour before, and opens its own: both are touched.
    """
    touched: dict[int, set[int]] = defaultdict(set)
    for point_id, ts_us, _, _, _ in readings:
        hour = ts_us - ts_us % _HOUR_US
        touched[hour].add(point_id)
        if point_id in counters:
            touched[hour - _HOUR_US if ts_us == hour else hour + _HOUR_US].add(point_id)
    return {hour: sorted(points) for hour, points in touched.items()}


def utc_days(hours: Iterable[int]) -> set[int]:
    """Return the UTC days (since 1970) of *hours* (µs since 1970)."""
    return {hour // _DAY_US for hour in hours}
