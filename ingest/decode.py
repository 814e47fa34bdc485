"""Chooses the decoder by the topic's kind. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.catalog.enums import Reason
from schemas.records import Refusal, Sample
from schemas.topics import Kind, Topic, parse_topic
from schemas.wire import json

if TYPE_CHECKING:
    from schemas.records import Message


class Decoded(NamedTuple):
    """What one message says. *topic* is None when even that cannot be read; *online* is a birth or last will."""

    topic: Topic | None
    samples: list[Sample]
    refusals: list[Refusal]
    online: bool | None = None


def decode(message: Message, root: str, max_bytes: int, max_values: int) -> Decoded:
    """Return what *message* says; whatever is wrong with it is in the refusals."""
    topic = parse_topic(root, message.topic)
    if topic is None:
        return Decoded(None, [], [Refusal(Reason.BAD_TOPIC, f"主题不符合约定 (topic is not {root}/site/device/kind)")])
    if len(message.payload) > max_bytes:
        return _refuse(
            topic, Reason.TOO_LARGE, f"消息 {len(message.payload)} 字节，上限 {max_bytes} (message too large)"
        )
    if topic.kind is Kind.STATUS:
        return _decode_status(topic, message.payload)
    if topic.kind is not Kind.TELEMETRY:
        return _refuse(topic, Reason.UNSUPPORTED_KIND, f"本版本尚不解析 {topic.kind} (kind not yet understood)")
    return _decode_telemetry(topic, message, max_values)


def _decode_telemetry(topic: Topic, message: Message, max_values: int) -> Decoded:
    try:
        samples, refusals = json.decode(message.payload, message.received_us)
    except Exception as exc:  # noqa: BLE001 - a defect of the decoder must cost one message, not the county's data
        return _refuse(
            topic,
            Reason.DECODER_FAILED,
            f"解析程序出错，原文已保存 (our decoder failed): {type(exc).__name__}: {exc}"[:300],
        )
    if len(samples) + len(refusals) > max_values:
        return _refuse(
            topic,
            Reason.TOO_LARGE,
            f"消息含 {len(samples) + len(refusals)} 个数值，上限 {max_values} (too many values)",
        )
    return Decoded(topic, samples, refusals)


def _decode_status(topic: Topic, payload: bytes) -> Decoded:
    words = payload.strip().lower().replace(b" ", b"")
    if words in (b'{"online":true}', b"online"):
        return Decoded(topic, [], [], online=True)
    if words in (b'{"online":false}', b"offline"):
        return Decoded(topic, [], [], online=False)
    return _refuse(topic, Reason.MALFORMED, 'status 应为 {"online": true} 或 {"online": false} (birth or last will)')


def _refuse(topic: Topic, reason: Reason, detail: str) -> Decoded:
    return Decoded(topic, [], [Refusal(reason, detail)])
