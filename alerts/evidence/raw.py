"""What was received: every reading of the points, and the raw messages they came in, exactly as they were hashed.

The only importer of the decompressor here: the bytes of a batch are kept compressed and hashed uncompressed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from alerts.evidence.folder import beijing, just_before

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from alerts.evidence.folder import Bundle
    from alerts.evidence.scope import Watched
    from schemas.runtime.database import Database

_AT_ONCE = 5000
_READING = ("site", "device", "factor", "ts_utc", "ts_beijing", "value", "mark", "late", "batch_id")
_BATCH = (
    "batch_id",
    "kept",
    "worker",
    "received_from",
    "received_to",
    "messages",
    "bytes",
    "digest",
    "previous_digest",
)


class Size(NamedTuple):
    """How much raw data a bundle would hold: *stored_bytes* as kept, compressed."""

    readings: int
    batches: int
    stored_bytes: int


class Raw(NamedTuple):
    """What raw data were written; *gone*: batches no longer kept; *broken*: those whose bytes do not give their digest."""

    readings: int
    batches: int
    gone: tuple[int, ...]
    broken: tuple[int, ...]


async def size(db: Database, points: Iterable[int], since: datetime, until: datetime) -> Size:
    """Return how much there is of *points* in the closed span."""
    rows = await db.fetch("evidence_size", points=sorted(points), since=since, until=until)
    return Size(*rows[0])


async def write(db: Database, made: Bundle, points: Iterable[Watched], since: datetime, until: datetime) -> Raw:
    """Write readings.csv, batches.csv and batches/ of *points* in the closed span; readings in pages, batches one by one."""
    batches: set[int] = set()
    count = 0
    with made.table("readings.csv", _READING) as row:
        for point in points:
            after = just_before(since)
            while rows := await db.fetch(
                "evidence_readings", point=point.point_id, after=after, until=until, at_most=_AT_ONCE
            ):
                for ts, value, mark, late, batch in rows:
                    row((point.site, point.device, point.factor, ts, beijing(ts), value, mark, late, batch))
                    batches.add(batch)
                count, after = count + len(rows), rows[-1][0]
    gone, broken = await _batches(db, made, sorted(batches))
    return Raw(count, len(batches) - len(gone), tuple(gone), tuple(broken))


async def _batches(db: Database, made: Bundle, numbers: list[int]) -> tuple[list[int], list[int]]:
    """Write the batches; return those that are gone and those that do not hold."""
    # One file is open at a time (a zip allows no more), and their table is small beside them.
    lines: list[tuple[object, ...]] = []
    gone, broken = [], []
    for number in numbers:
        rows = await db.fetch("evidence_batch", batch_id=number)
        if not rows:
            gone.append(number)
            lines.append((number, False, *[None] * (len(_BATCH) - 2)))
            continue
        batch_id, worker, first, last, messages, payload, digest, previous = rows[0]
        content = unpacked(payload)
        if hashlib.sha256((previous or b"") + content).digest() != digest:
            broken.append(batch_id)
        with made.file(f"batches/{batch_id}.bin") as file:
            file.bytes(content)
        lines.append((batch_id, True, worker, first, last, messages, len(content), digest, previous))
    with made.table("batches.csv", _BATCH) as row:
        for line in lines:
            row(line)
    return gone, broken


def unpacked(payload: bytes) -> bytes:
    """Return the messages of a batch as they were hashed; what cannot be unpacked as it is."""
    try:
        return zstandard.ZstdDecompressor().decompress(payload)
    except zstandard.ZstdError:
        # Handed over as it is: whoever checks the bundle finds that it does not give its digest.
        return payload
