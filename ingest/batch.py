"""One batch: what a commit will hold. Pure; the order of messages is kept, the first value of a key wins."""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from ingest.decode import decode
from ingest.validate import Known, bounds, validate
from schemas.catalog.enums import Reason
from schemas.records import Message, Reading, Refusal, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


#: 1970 → 2000, the epoch of PostgreSQL's binary timestamps.
_PG_EPOCH_US = 946_684_800_000_000
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
_COPY_TAIL = struct.pack("!h", -1)
# ts, value, batch_id, point_id, mark: five fields, each with its length before it.
_ROW = struct.Struct("!hiqidiqiiic")

Index = dict[tuple[str, str], dict[str, Known]]


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """How much one message may hold, and how far from our clock its readings may lie."""

    max_message_bytes: int
    max_message_values: int
    max_age_days: int
    max_future_s: int


class Batch(msgspec.Struct, kw_only=True):
    """Messages with what they say: readings, refusals, states. *received* counts values, or 1 for a message without.

    *told* are births and last wills: they are stored too, as the device's state.
    """

    messages: list[Message]
    readings: dict[tuple[int, int], tuple[Reading, int]]
    rejections: list[Rejection]
    states: dict[tuple[str, str], tuple[bool, int]]
    received: int = 0
    duplicate: int = 0
    told: int = 0


def build(
    messages: Sequence[Message],
    index: Mapping[tuple[str, str], Mapping[str, Known]],
    root: str,
    caps: Caps,
) -> Batch:
    """Return the batch that *messages* make, given the registry's *index*."""
    batch = Batch(messages=list(messages), readings={}, rejections=[], states={})
    for number, message in enumerate(messages):
        _add(batch, number, message, index, root, caps)
    return batch


def _add(
    batch: Batch,
    number: int,
    message: Message,
    index: Mapping[tuple[str, str], Mapping[str, Known]],
    root: str,
    caps: Caps,
) -> None:
    topic, samples, refusals, online = decode(message, root, caps.max_message_bytes, caps.max_message_values)
    batch.received += (len(samples) + len(refusals)) or 1
    if topic is not None:
        points = index.get((topic.site, topic.device))
        if points is None:
            count = (len(samples) + len(refusals)) or 1
            unknown = Refusal(
                Reason.UNKNOWN_DEVICE, f"未登记的设备 {topic.site}/{topic.device} (device not registered)"
            )
            batch.rejections.append(reject(message, [unknown], refused=count, who=(topic.site, topic.device)))
            return
        if online is not None:
            batch.states[topic.site, topic.device] = (online, message.received_us)
            batch.told += 1
        accepted = bounds(message.received_us, caps.max_age_days, caps.max_future_s)
        readings, more = validate(samples, points, accepted)
        refusals = refusals + more + _take(batch, number, readings)
    who = (topic.site, topic.device) if topic else (None, None)
    by_reason: dict[Reason, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        by_reason[refusal.reason].append(refusal)
    batch.rejections.extend(reject(message, group, who=who) for group in by_reason.values())


def _take(batch: Batch, number: int, readings: Iterable[Reading]) -> list[Refusal]:
    """Add *readings* of message *number*; return the refusals of those that contradict an earlier one of this batch."""
    refusals = []
    for reading in readings:
        key = (reading.point_id, reading.ts_us)
        first = batch.readings.setdefault(key, (reading, number))[0]
        if first is reading:
            continue
        if (first.value, first.mark) == (reading.value, reading.mark):
            batch.duplicate += 1
        else:
            refusals.append(conflict(reading, first.value, first.mark))
    return refusals


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
    """Return *readings* in PostgreSQL's binary COPY format: ts, value, batch_id, point_id, mark."""
    pack = _ROW.pack
    rows = [
        pack(5, 8, ts_us - _PG_EPOCH_US, 8, value, 8, batch_id, 4, point_id, 1, mark.encode())
        for point_id, ts_us, value, mark in readings
    ]
    return b"".join((_COPY_HEAD, *rows, _COPY_TAIL))


def windows(readings: Iterable[Reading], counters: frozenset[int]) -> dict[int, list[int]]:
    """Return hour (µs since 1970) → points whose hour must be derived again.

    A counter's reading on the full hour closes the hour before, and opens its own: both are touched.
    """
    touched: dict[int, set[int]] = defaultdict(set)
    for point_id, ts_us, _, _ in readings:
        hour = ts_us - ts_us % _HOUR_US
        touched[hour].add(point_id)
        if point_id in counters:
            touched[hour - _HOUR_US if ts_us == hour else hour + _HOUR_US].add(point_id)
    return {hour: sorted(points) for hour, points in touched.items()}


def utc_days(readings: Iterable[Reading]) -> set[int]:
    """Return the UTC days (since 1970) that *readings* touch."""
    return {ts_us // _DAY_US for _, ts_us, _, _ in readings}
