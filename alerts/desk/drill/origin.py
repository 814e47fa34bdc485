"""From a stored reading back to the bytes of its message, and whether its batch still gives the digest it was filed with."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.evidence.raw import unpacked
from schemas.times import from_us, to_us
from schemas.topics import Kind
from schemas.wire import json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.registry.derived import PointKey

#: A batch: of each message when it was received (microseconds since 1970), its topic and its bytes.
_MESSAGES = msgspec.msgpack.Decoder(list[tuple[int, str, bytes]])


class Origin(NamedTuple):
    """One message. *is_exact*: it says just the stored value and mark; else the instant alone agrees."""

    received_at: datetime
    topic: str
    payload: bytes
    is_exact: bool


class Filed(NamedTuple):
    """What a batch holds of a reading. *holds*: its bytes give its digest; *trouble*: why no message was found."""

    holds: bool
    computed: bytes
    size: int
    origin: Origin | None
    trouble: str


def filed(row: Mapping[str, Any], key: PointKey) -> Filed:
    """Return what the batch of *row* (columns of drill_hour_reading) holds of the reading of *key* (site, device, factor).

    ``digest = sha256(digest of the worker's batch before + raw messages)``, as ingest files it.
    """
    content = unpacked(row["payload"])
    computed = hashlib.sha256((row["previous_digest"] or b"") + content).digest()
    try:
        messages = _MESSAGES.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Filed(
            computed == row["digest"], computed, len(content), None, "批次内容无法解读 (the batch cannot be read)"
        )
    origin = _find(messages, key, row)
    trouble = "" if origin else "批次中没有含该值的消息 (no message of the batch says this value)"
    return Filed(computed == row["digest"], computed, len(content), origin, trouble)


def _find(messages: list[tuple[int, str, bytes]], key: PointKey, row: Mapping[str, Any]) -> Origin | None:
    """Return the message that says the stored value; failing that, the first that says any value of that instant."""
    site, device, factor = key
    ending, ts_us = f"/{site}/{device}/{Kind.TELEMETRY}", to_us(row["ts"])
    near: Origin | None = None
    for received_us, topic, payload in messages:
        if not topic.endswith(ending):
            continue
        for one in json.decode(payload, received_us)[0]:
            if (one.key, one.ts_us) == (factor, ts_us):
                is_exact = (one.value, one.mark) == (row["value"], row["mark"])
                found = Origin(from_us(received_us), topic, payload, is_exact)
                if is_exact:
                    return found
                near = near or found
    return near
