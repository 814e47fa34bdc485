"""A broker that a script plays: what a real one does seldom, and never on demand."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING, Any

from ingest.receive import Receiver
from schemas.runtime.settings import BrokerSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ingest.session import Session
    from schemas.records import Message

CONNECT, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 4, 8, 12, 14


def publish(mid: int, payload: bytes = b"x", *, is_repeat: bool = False, topic: bytes = b"r/t") -> bytes:
    body = struct.pack(">H", len(topic)) + topic + (struct.pack(">H", mid) if mid else b"") + payload
    head = 0x30 | (2 if mid else 0) | (8 if is_repeat else 0)
    length, left = b"", len(body)
    while True:
        left, digit = divmod(left, 128)
        length += bytes([digit | (128 if left else 0)])
        if not left:
            return bytes([head]) + length + body


class Script:
    """A broker on loopback. What it answers is set by attributes; what it heard is kept, by connection."""

    def __init__(self) -> None:
        self.return_code = 0
        self.session_present = [False]
        self.suback_codes: list[int] = []
        self.is_silent = False
        self.answers_pings = True
        self.holds_suback = False
        self.connects: list[bytes] = []
        self.filters: list[list[str]] = []
        self.acks: list[list[int]] = []
        self.left: list[str] = []
        self.pings = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self.writers:
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        number = len(self.writers)
        self.writers.append(writer)
        for kept in (self.acks, self.filters):
            kept.append([])
        self.left.append("")
        try:
            while True:
                self._answer(number, writer, *await self._packet(reader))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left[number] = self.left[number] or "cut"
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()

    async def _packet(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readexactly(1))[0]
        length = shift = 0
        while True:
            digit = (await reader.readexactly(1))[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return head, await reader.readexactly(length)

    def _answer(self, number: int, writer: asyncio.StreamWriter, head: int, body: bytes) -> None:
        match head >> 4:
            case _ if self.is_silent:
                pass
            case 1:
                self.connects.append(body)
                present = self.session_present[min(number, len(self.session_present) - 1)]
                writer.write(bytes([0x20, 2, present, self.return_code]))
            case 8:
                assert head == 0x82
                asked = self._filters(body)
                self.filters[number] += asked
                codes = bytes(self.suback_codes.pop(0) if self.suback_codes else 1 for _ in asked)
                if not self.holds_suback:
                    writer.write(bytes([0x90, 2 + len(codes)]) + body[:2] + codes)
            case 4:
                self.acks[number].append(body[0] << 8 | body[1])
            case 12:
                self.pings += 1
                if self.answers_pings:
                    writer.write(b"\xd0\x00")
            case 14:
                self.left[number] = "disconnect"
            case kind:
                raise AssertionError(f"a subscriber sends no packet of type {kind}")

    @staticmethod
    def _filters(body: bytes) -> list[str]:
        found, at = [], 2
        while at < len(body):
            size = body[at] << 8 | body[at + 1]
            found.append(body[at + 2 : at + 2 + size].decode())
            assert body[at + 2 + size] == 1, "QoS 1 is asked for"
            at += 3 + size
        return found

    def send(self, *packets: bytes) -> None:
        """Send on the newest connection."""
        self.writers[-1].write(b"".join(packets))

    def cut(self) -> None:
        self.writers[-1].transport.abort()


@contextlib.asynccontextmanager
async def receiving(
    script: Script, *, keepalive_s: int = 20, password: str | None = "word", wait: bool = True
) -> AsyncIterator[tuple[Receiver, Session]]:
    receiver = Receiver(BrokerSettings(port=script.port, root="r", keepalive_s=keepalive_s), password)
    session = receiver.open("me")
    session.follow(("r/#",))
    try:
        if wait:
            await asyncio.wait_for(session.connected.wait(), 3)
        yield receiver, session
    finally:
        await receiver.close_all(drain_s=0)


async def until(holds: Callable[[], object], seconds: float = 3) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - the other side is a socket
            await asyncio.sleep(0.005)


async def take(receiver: Receiver, count: int) -> list[Message]:
    found: list[Message] = []
    async with asyncio.timeout(3):
        while len(found) < count:
            found += await receiver.inbox.take(count - len(found))
    return found
