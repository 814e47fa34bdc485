"""MQTT 3.1.1 packets as bytes: built before the clock starts, PUBACKs counted in bulk. Pure; no MQTT library."""

from __future__ import annotations

import random
import struct
from typing import NamedTuple

#: factor, lowest and highest value sent, decimals: every value of a factor is equally long, so packets are too.
SIGNALS = (
    ("w00000", 120.0, 880.0, 1),
    ("w01001", 6.6, 8.4, 2),
    ("w01010", 15.0, 29.0, 1),
    ("w01012", 12.0, 88.0, 1),
    ("w01018", 14.0, 58.0, 2),
    ("w21001", 11.0, 19.0, 2),
    ("w21003", 1.2, 7.8, 2),
    ("w21011", 0.12, 0.88, 3),
)
VALUES = len(SIGNALS)
_MS_DIGITS = 13
_HEAD = '{"ts":'
_FORMAT = _HEAD + "%013d" + ',"values":{' + ",".join(f'"{name}":%.{places}f' for name, _, _, places in SIGNALS) + "}}"
_PUBLISH_QOS1 = 0x32
_PACKET_IDS = 65_535
_CONNECT_FLAGS = 0xC2  # user name, password, clean session
CONNACK_ACCEPTED = b"\x20\x02\x00\x00"


class Stream(NamedTuple):
    """All packets of one device in a row, each *size* bytes long, its time *ts_at* bytes from its beginning."""

    packets: bytearray
    size: int
    ts_at: int

    def stamp(self, number: int, ts_ms: int) -> None:
        """Write *ts_ms* into packet *number*."""
        at = number * self.size + self.ts_at
        self.packets[at : at + _MS_DIGITS] = b"%013d" % ts_ms


def remaining_length(number: int) -> bytes:
    """Return MQTT's variable-length integer."""
    encoded = bytearray()
    while number > 127:
        encoded.append(number % 128 | 128)
        number //= 128
    encoded.append(number)
    return bytes(encoded)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded


def connect_packet(client_id: str, user: str, password: str) -> bytes:
    """Return CONNECT for a clean session without keepalive: nothing but PUBACKs will then come back."""
    body = b"\x00\x04MQTT\x04" + struct.pack("!BH", _CONNECT_FLAGS, 0) + _text(client_id) + _text(user)
    body += _text(password)
    return b"\x10" + remaining_length(len(body)) + body


def build(topic: str, count: int, start_ms: int, step_ms: int, seed: int) -> Stream:
    """Return *count* PUBLISH packets of QoS 1 on *topic*, their times *step_ms* apart from *start_ms* on."""
    draw = random.Random(seed).random
    ranges = [(low, high - low) for _, low, high, _ in SIGNALS]
    payload_size = len(_payload(0, [low for low, _ in ranges]))
    head = _text(topic)
    length = len(head) + 2 + payload_size
    prefix = bytes([_PUBLISH_QOS1]) + remaining_length(length) + head
    packets = bytearray()
    for number in range(count):
        values = [low + span * draw() for low, span in ranges]
        packet_id = number % _PACKET_IDS + 1
        packets += prefix + packet_id.to_bytes(2, "big") + _payload(start_ms + number * step_ms, values)
    size = len(prefix) + 2 + payload_size
    assert len(packets) == size * count, "a value of another width"
    return Stream(packets, size, size - payload_size + len(_HEAD))


def _payload(ts_ms: int, values: list[float]) -> bytes:
    return (_FORMAT % (ts_ms, *values)).encode()


def count_pubacks(received: bytes) -> tuple[int, bytes]:
    """Return how many whole PUBACKs *received* holds, and the bytes after them.

    Raises:
        ValueError: something other than a PUBACK came.

    """
    count = len(received) // 4
    whole = 4 * count
    if received[0:whole:4] != b"\x40" * count or received[1:whole:4] != b"\x02" * count:
        raise ValueError(f"not a PUBACK: {received[:40].hex(' ')}")
    return count, received[whole:]


def share(messages: int, devices: int) -> list[int]:
    """Return how many of *messages* each of *devices* sends."""
    each, more = divmod(messages, devices)
    return [each + (number < more) for number in range(devices)]
