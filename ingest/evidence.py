"""From a stored value back to the bytes it came from, and the proof that those bytes are as they were received.

Each batch row holds its raw messages and ``digest = sha256(previous digest of the same worker + raw messages)``.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import zstandard

from ingest.decode import decode
from schemas.errors import UseError
from schemas.records import Message
from schemas.times import from_us, to_us

if TYPE_CHECKING:
    from schemas.runtime.database import Database

_AT_ONCE = 200
_ANY_SIZE = 1 << 40


class Broken(msgspec.Struct, frozen=True):
    """The first link that does not hold."""

    worker: str
    batch_id: int
    why: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stored value came from."""

    value: float
    mark: str
    late: bool
    batch_id: int
    worker: str
    received_at: datetime
    topic: str
    payload: bytes


async def verify(db: Database) -> tuple[int, Broken | None]:
    """Walk all chains; return how many batches hold, and the first that does not."""
    held = 0
    for (worker,) in await db.fetch("batch_workers"):
        previous: bytes | None = None
        last = 0
        while rows := await db.fetch("batch_walk", worker=worker, after=last, at_most=_AT_ONCE):
            for batch_id, payload, digest, claimed in rows:
                why = _fault(payload, digest, claimed, previous, first=last == 0)
                if why:
                    return held, Broken(worker, batch_id, why)
                held, last, previous = held + 1, batch_id, digest
    return held, None


def _fault(payload: bytes, digest: bytes, claimed: bytes | None, previous: bytes | None, *, first: bool) -> str:
    # The oldest batch kept may follow one that retention has dropped: its claim is taken as the anchor.
    if not first and claimed != previous:
        return "与前一批不相连，中间有批次缺失或被改 (does not follow the batch before)"
    try:
        raw = zstandard.ZstdDecompressor().decompress(payload)
    except zstandard.ZstdError:
        return "原始消息无法解压 (the raw messages cannot be read)"
    if hashlib.sha256((claimed or b"") + raw).digest() != digest:
        return "原始消息与摘要不符 (the raw messages were changed)"
    return ""


async def verify_rows(db: Database) -> Broken | None:
    """Count the stored readings of each batch; return the first batch that has not as many as it settled.

    Births and last wills count as stored too and are no readings; a batch keeps their number apart.
    """
    wrong = await db.fetch("batch_rows")
    if not wrong:
        return None
    worker, batch_id, found, stored, told = wrong[0]
    return Broken(worker, batch_id, f"应有 {stored - told} 行，实有 {found} 行 (rows are missing or were added)")


async def trace(db: Database, key: tuple[str, str, str], at: datetime, root: str) -> Origin:
    """Return where the value of the point *key* (site, device, factor) at *at* came from.

    Raises:
        UseError: nothing is stored for that point at that instant.

    """
    site, device, factor = key
    rows = await db.fetch("reading_origin", site=site, device=device, factor=factor, at=at)
    if not rows:
        raise UseError(
            f"{site}.{device}.{factor} 在 {at.isoformat()} 没有存储值 (nothing is stored there).",
            "Give the exact instant of the reading, as /api/points/…/latest shows it.",
        )
    value, mark, late, batch_id, worker, payload = rows[0]
    raw = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(payload))
    for received_us, topic, body in raw:
        decoded = decode(Message(topic, body, received_us, 0, 0), root, _ANY_SIZE, _ANY_SIZE)
        if decoded.topic is None or (decoded.topic.site, decoded.topic.device) != (site, device):
            continue
        if any(
            (one.key, one.ts_us, one.value, one.mark) == (factor, to_us(at), value, mark) for one in decoded.samples
        ):
            return Origin(
                value=value,
                mark=mark,
                late=late,
                batch_id=batch_id,
                worker=worker,
                received_at=from_us(received_us),
                topic=topic,
                payload=body,
            )
    raise UseError(
        f"批次 {batch_id} 中找不到该值的原始消息 (batch {batch_id} holds no message with this value).",
        "Run `monitor verify`: the batch may have been changed.",
    )
