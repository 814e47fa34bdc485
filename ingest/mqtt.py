"""MQTT 3.1.1 as a subscriber needs it: bytes to packets and back. Pure.

Our own code, because receiving is what this house is for: a general client costs 20 µs a message in Python, mostly in
one system call per byte of a packet's head and one per acknowledgement; this costs about 1.5 µs (figures: README).
Source: OASIS MQTT Version 3.1.1; the section stands beside each packet.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A larger packet is not held in memory: its message is cut to `CUT_TO` bytes, which no limit on messages lets pass.
MAX_PACKET = 4 * 1024 * 1024
CUT_TO = 1024 * 1024
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

_CONNACK, _PUBLISH, _SUBACK, _UNSUBACK, _PINGRESP = 0x20, 0x30, 0x90, 0xB0, 0xD0
_NOT_MQTT = "Check MONITOR_BROKER__HOST and PORT: is that an MQTT 3.1.1 broker?"
_MORE = 0x80
_MAX_LENGTH_BYTES = 4
_PUBACK = struct.Struct("!BBH")
#: MQTT 3.1.1, table 3.1.
_REFUSALS = {
    1: "unacceptable protocol version",
    2: "client id rejected",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorized",
}


class Publish(NamedTuple):
    """One message from the broker (3.3). *mid* is 0 at QoS 0."""

    topic: bytes
    payload: bytes
    mid: int
    is_repeat: bool


class Connack(NamedTuple):
    """The broker's answer to our connecting (3.2). *refusal* is empty when it lets us in."""

    session_present: bool
    refusal: str


class Suback(NamedTuple):
    """The broker's answer to our subscribing (3.9): for each filter whether we get it, at QoS 1."""

    granted: tuple[bool, ...]


def connect(client_id: str, user: str, password: str | None, keepalive_s: int) -> bytes:
    """Return a CONNECT for a session that outlives the connection (3.1, clean session 0)."""
    flags = 0x80 | (0x40 if password is not None else 0)
    body = _text("MQTT") + struct.pack("!BBH", 4, flags, keepalive_s) + _text(client_id) + _text(user)
    return _packet(0x10, body + (_text(password) if password is not None else b""))


def subscribe(mid: int, filters: Iterable[str]) -> bytes:
    """Return a SUBSCRIBE to *filters* at QoS 1 (3.8)."""
    return _packet(0x82, struct.pack("!H", mid) + b"".join(_text(one) + b"\x01" for one in filters))


def acknowledge(mids: Iterable[int]) -> bytes:
    """Return one PUBACK for each of *mids*, in their order (3.4; 4.6 wants the order of receipt)."""
    pack = _PUBACK.pack
    return b"".join([pack(0x40, 2, mid) for mid in mids])


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded


def _packet(head: int, body: bytes) -> bytes:
    length = bytearray()
    left = len(body)
    while True:
        left, digit = divmod(left, _MORE)
        length.append(digit | (_MORE if left else 0))
        if not left:
            return bytes([head]) + bytes(length) + body


class Parser:
    """Cuts a stream of bytes into packets; keeps what is not yet whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0

    def feed(self, data: bytes) -> tuple[list[Publish], list[Connack | Suback]]:
        """Return the messages and the answers that *data* completes.

        Raises:
            BrokerError: this is not MQTT 3.1.1, or a packet that a server must not send.

        """
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        data = self._rest + data if self._rest else data
        messages: list[Publish] = []
        answers: list[Connack | Suback] = []
        at, end = 0, len(data)
        while at + 2 <= end:
            head, length, start = data[at], data[at + 1], at + 2
            if length >= _MORE:
                length, start = _length(data, at + 1)
                if not start:
                    break
            stop = start + length
            if stop > end:
                if length <= MAX_PACKET or end - start < CUT_TO:
                    break
                self._skip, stop, end = stop - end, start + CUT_TO, at
            if head & 0xF0 == _PUBLISH:
                messages.append(_publish(data, head, start, stop))
            elif (answer := _answer(data, head, start, stop)) is not None:
                answers.append(answer)
            at = stop if not self._skip else len(data)
        self._rest = data[at:]
        return messages, answers


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Return the remaining length that stands at *at* (2.2.3) and where the rest begins; (0, 0) when it is not whole."""
    length = 0
    for place in range(_MAX_LENGTH_BYTES):
        if at + place >= len(data):
            return 0, 0
        digit = data[at + place]
        length |= (digit & 0x7F) << (7 * place)
        if digit < _MORE:
            return length, at + place + 1
    raise BrokerError("包长度字段超过四字节 (malformed remaining length).", _NOT_MQTT)


def _publish(data: bytes, head: int, start: int, stop: int) -> Publish:
    topic = start + 2
    body = topic + (data[start] << 8 | data[start + 1]) if topic <= stop else stop + 1
    mid = 0
    if head & 0x06:
        body += 2
        mid = data[body - 2] << 8 | data[body - 1] if body <= stop else 0
    if body > stop or (head & 0x06 and not mid) or head & 0x06 == 0x06:  # noqa: PLR2004 - both QoS bits (3.3.1-4)
        raise BrokerError("PUBLISH 包不完整 (malformed PUBLISH).", _NOT_MQTT)
    return Publish(data[topic : body - 2 if mid else body], data[body:stop], mid, head & 0x08 != 0)


def _answer(data: bytes, head: int, start: int, stop: int) -> Connack | Suback | None:
    body = data[start:stop]
    if head == _CONNACK and len(body) == 2:  # noqa: PLR2004 - flags and return code
        return Connack(body[0] & 1 == 1, _REFUSALS.get(body[1], f"return code {body[1]}") if body[1] else "")
    if head == _SUBACK and len(body) > 2:  # noqa: PLR2004 - packet id, then one code a filter
        return Suback(tuple(code in (1, 2) for code in body[2:]))
    if head in (_PINGRESP, _UNSUBACK):
        return None
    raise BrokerError(f"意外的包类型 {head:#04x} (unexpected packet).", _NOT_MQTT)
