"""A TCP proxy on loopback that can be made to misbehave, as the network between two machines does.

A switch of mode takes effect on live connections too. Nothing is ever altered or reordered: TCP would not do that either.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from enum import StrEnum

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)


class Mode(StrEnum):
    PASS = "pass"
    CUT = "cut"  # all connections are reset, new ones refused
    BLACKHOLE = "blackhole"  # connections stand and new ones are accepted, but not a byte goes through
    DELAY = "delay"  # every chunk waits, each way
    HALVE = "halve"  # of the next chunk a random part goes through, then both sides are reset


class _Link:
    """One connection through the proxy."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.near = near
        self.far: asyncio.StreamWriter | None = None
        self.task = asyncio.current_task()

    def reset(self) -> None:
        for writer in (self.near, self.far):
            if writer is None:
                continue
            sock = writer.get_extra_info("socket")
            # A transport that is closed already has no socket to set an option on.
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


class Proxy:
    """Stands at *port* before *target_port*."""

    def __init__(self, port: int, target_port: int, seed: int = 0) -> None:
        self.port = port
        self.mode = Mode.PASS
        self.delay_s = 0.05
        #: How often it misbehaved: a fault that touched nothing proves nothing.
        self.touched = 0
        self.accepted = 0
        self._target_port = target_port
        self._rng = random.Random(seed)
        self._links: set[_Link] = set()
        self._forgotten: set[_Link] = set()
        self._server: asyncio.Server | None = None
        # Bound and never listening: a closed door refuses, and nobody else can move in meanwhile.
        self._holder: socket.socket | None = None
        self._open = asyncio.Event()
        self._open.set()

    async def start(self) -> None:
        if self._holder is None:
            self._holder = socket.socket()
            self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._holder.bind(("127.0.0.1", self.port))
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_port=True)

    async def switch(self, mode: Mode) -> None:
        self.mode = mode
        if mode is Mode.CUT:
            await self._close_door()
            self.touched += self.reset_all()
        elif self._server is None:
            await self.start()
        if mode is Mode.BLACKHOLE:
            self.touched += len(self._links)
            self._open.clear()
        else:
            self._open.set()

    def forget(self) -> int:
        """Let today's connections be dead for ever without a word, as a firewall that was restarted does.

        Not even their end passes any more. Those forgotten before end now, or the server would run out of sessions.
        """
        for link in self._forgotten:
            link.reset()
        fresh = self._links - self._forgotten
        self._forgotten |= fresh
        self.touched += len(fresh)
        return len(fresh)

    def reset_all(self) -> int:
        links = list(self._links)
        for link in links:
            link.reset()
        return len(links)

    async def close(self) -> None:
        await self._close_door()
        tasks = [link.task for link in self._links if link.task]
        self.reset_all()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    async def _close_door(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        self._links.add(link)
        self.accepted += 1
        pumps: list[asyncio.Task[None]] = []
        try:
            await self._pass_allowed(link)
            far_reader, link.far = await asyncio.open_connection("127.0.0.1", self._target_port)
            pumps = [
                asyncio.create_task(self._pump(link, reader, link.far)),
                asyncio.create_task(self._pump(link, far_reader, writer)),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            # The target is away, or we close: either way the caller sees its connection end. Not raised again, for
            # asyncio reports a cancelled connection as a defect.
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._links.discard(link)
            self._forgotten.discard(link)
            await _shut(writer, link.far)

    async def _pass_allowed(self, link: _Link) -> None:
        await self._open.wait()
        if link in self._forgotten:
            await asyncio.Event().wait()

    async def _pump(self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._pass_allowed(link)
            if self.mode is Mode.HALVE:
                self.touched += 1
                writer.write(chunk[: self._rng.randrange(len(chunk))])
                # The part must have left us before the reset throws away what is buffered.
                await writer.drain()
                link.reset()
                return
            if self.mode is Mode.DELAY:
                self.touched += 1
                await asyncio.sleep(self.delay_s)
            writer.write(chunk)
            await writer.drain()
        await self._pass_allowed(link)


async def _shut(*writers: asyncio.StreamWriter | None) -> None:
    for writer in writers:
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
