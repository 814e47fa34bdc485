"""Devices that publish without pause and know exactly which packet the broker has acknowledged.

MQTT 3.1.1 by hand, so that no library stands between a PUBACK on the wire and our ledger of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

_WINDOW = 40
_TICK_S = 0.02
_ANSWER_WITHIN_S = 3
_CONNACK, _PUBLISH_QOS1, _PUBACK = 0x20, 0x32, 0x40
#: Readings of one device lie so far apart.
STEP_MS = 100


class Sent(NamedTuple):
    """One message. *value* is None for junk, which must end in `rejection`."""

    device: str
    topic: str
    payload: bytes
    ts_ms: int
    value: float | None


class Ledger:
    """What was attempted, and what the broker has taken over (PUBACK)."""

    def __init__(self) -> None:
        self.attempted: set[Sent] = set()
        self.acked: set[Sent] = set()
        self.publishes = 0
        self.reconnects = 0


class Source(NamedTuple):
    """One device with the point it measures, and the believable range."""

    device: str
    password: str
    factor: str
    low: float
    high: float


class Script:
    """What a device says, by seed: readings, and now and then a repeat, a contradiction or junk."""

    def __init__(self, source: Source, begin_ms: int, rng: random.Random) -> None:
        self._source = source
        self._begin_ms = begin_ms
        self._rng = rng
        self._said = 0
        self._junk = 0
        self._topic = f"yx/v1/{source.device}/telemetry"

    def next(self) -> Sent:
        chance = self._rng.random()
        if self._said and chance < 0.03:
            return self._reading(self._rng.randrange(self._said))
        if self._said and chance < 0.04:
            return self._reading(self._rng.randrange(self._said), off=1)
        if chance < 0.05:
            return self._make_junk()
        self._said += 1
        return self._reading(self._said - 1)

    def _reading(self, number: int, off: int = 0) -> Sent:
        source = self._source
        value = source.low + (source.high - source.low) * ((number * 7 + off) % 997) / 1000
        ts_ms = self._begin_ms + number * STEP_MS
        payload = json.dumps({"ts": ts_ms, "values": {source.factor: value}}).encode()
        return Sent(source.device, self._topic, payload, ts_ms, value)

    def _make_junk(self) -> Sent:
        """Each piece is distinct by number, so that its bytes can be found again."""
        self._junk += 1
        ts_ms, topic, factor = self._begin_ms + self._junk, self._topic, self._source.factor
        junk: tuple[bytes, ...] = (
            b"\x00\xff\xfe %d" % ts_ms,
            json.dumps({"ts": ts_ms, "values": {"no_such_factor": 1}}).encode(),
            json.dumps({"ts": ts_ms, "values": {factor: self._source.high + 1e6}}).encode(),
            json.dumps({"ts": ts_ms, "values": {factor: float("nan")}}).encode(),
            b"[" * 2000 + b"%d" % ts_ms,
            json.dumps({"ts": ts_ms, "values": {factor: 1}}).encode(),
        )
        kind = self._rng.randrange(len(junk))
        if kind == len(junk) - 1:
            topic = f"yx/v1/{self._source.device}/typo"
        return Sent(self._source.device, topic, junk[kind], ts_ms, None)


class Device:
    """One connection after another; what was not acknowledged on the last is sent first on the next."""

    def __init__(self, source: Source, script: Script, ledger: Ledger, rng: random.Random, per_second: float) -> None:
        self._source = source
        self._script = script
        self._ledger = ledger
        self._rng = rng
        self._per_second = per_second
        self._unacked: dict[int, Sent] = {}
        self._mid = 0
        self._stopping = False
        self._left: list[Sent] = []

    def finish(self) -> None:
        """Say nothing new; leave once all is acknowledged."""
        self._stopping = True

    async def run(self, port: int) -> None:
        while not (self._stopping and not self._unacked and not self._left):
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._visit(port)
            if self._stopping and not self._unacked and not self._left:
                return
            self._ledger.reconnects += 1
            await asyncio.sleep(self._rng.uniform(0.05, 0.3))

    async def _visit(self, port: int) -> None:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        listener: asyncio.Task[None] | None = None
        try:
            writer.write(_connect(self._client_id(), self._source.device, self._source.password))
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                kind, body = await _read_packet(reader)
            if kind != _CONNACK or body[1] != 0:
                return
            self._left = [*self._unacked.values(), *self._left]
            self._unacked.clear()
            listener = asyncio.create_task(self._listen(reader))
            await self._speak(writer, listener)
        finally:
            if listener is not None:
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)
            # Not close(): with a frozen broker that would wait for the buffer to empty.
            writer.transport.abort()

    def _client_id(self) -> str:
        # Never one that was used before: the broker may still believe the old connection alive. No dots allowed.
        return f"{self._source.device.replace('/', '_')}_{time.monotonic_ns()}"

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            kind, body = await _read_packet(reader)
            if kind == _PUBACK:
                sent = self._unacked.pop(struct.unpack("!H", body[:2])[0], None)
                if sent is not None:
                    self._ledger.acked.add(sent)

    async def _speak(self, writer: asyncio.StreamWriter, listener: asyncio.Task[None]) -> None:
        owed = 0.0
        before = time.monotonic()
        while not listener.done() and not (self._stopping and not self._unacked and not self._left):
            now = time.monotonic()
            # What could not be sent in time is not caught up: a device measures at its pace.
            owed = min(_WINDOW, owed + (now - before) * self._per_second)
            before = now
            while len(self._unacked) < _WINDOW and (self._left or (owed >= 1 and not self._stopping)):
                if self._left:
                    sent = self._left.pop(0)
                else:
                    sent, owed = self._script.next(), owed - 1
                self._publish(writer, sent)
            if writer.is_closing():
                return
            await asyncio.sleep(_TICK_S)

    def _publish(self, writer: asyncio.StreamWriter, sent: Sent) -> None:
        self._mid = self._mid % 65_535 + 1
        self._unacked[self._mid] = sent
        self._ledger.attempted.add(sent)
        self._ledger.publishes += 1
        body = _text(sent.topic) + struct.pack("!H", self._mid) + sent.payload
        writer.write(_packet(_PUBLISH_QOS1, body))


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()


def _packet(kind: int, body: bytes) -> bytes:
    head = bytearray([kind])
    size = len(body)
    while True:
        size, digit = divmod(size, 128)
        head.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(head) + body


def _connect(client_id: str, user: str, password: str) -> bytes:
    # User name, password, clean session; keepalive 0: the load keeps the line busy.
    return _packet(0x10, _text("MQTT") + bytes([4, 0xC2, 0, 0]) + _text(client_id) + _text(user) + _text(password))


async def _read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind = (await reader.readexactly(1))[0]
    size = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        size |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return kind & 0xF0, await reader.readexactly(size)
