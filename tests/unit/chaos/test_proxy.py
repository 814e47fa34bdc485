from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import pytest

from tests.chaos.house import free_port
from tests.chaos.proxy import Mode, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.timeout(30)


@contextlib.asynccontextmanager
async def echo_behind_proxy() -> AsyncIterator[Proxy]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1000):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    port = free_port()
    server = await asyncio.start_server(echo, "127.0.0.1", port)
    proxy = Proxy(free_port(), port, seed=7)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()
        server.close()
        await server.wait_closed()


@contextlib.asynccontextmanager
async def caller(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0.05)


async def ask(line: tuple[asyncio.StreamReader, asyncio.StreamWriter], words: bytes, within_s: float = 5) -> bytes:
    reader, writer = line
    writer.write(words)
    async with asyncio.timeout(within_s):
        return await reader.readexactly(len(words))


async def test_pass_lets_everything_through_unchanged() -> None:
    async with echo_behind_proxy() as proxy, caller(proxy) as line:
        words = bytes(range(256)) * 1000
        assert await ask(line, words) == words
        assert (proxy.touched, proxy.accepted) == (0, 1)


async def test_cut_resets_those_connected_and_refuses_new_ones_until_it_ends() -> None:
    async with echo_behind_proxy() as proxy, caller(proxy) as line:
        await ask(line, b"before")
        await proxy.switch(Mode.CUT)
        with pytest.raises(OSError, match="reset"):
            await ask(line, b"lost")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)
        await proxy.switch(Mode.PASS)
        async with caller(proxy) as again:
            assert await ask(again, b"after") == b"after"


async def test_blackhole_holds_the_bytes_and_lets_them_go_when_it_ends() -> None:
    async with echo_behind_proxy() as proxy, caller(proxy) as line:
        await ask(line, b"before")
        await proxy.switch(Mode.BLACKHOLE)
        with pytest.raises(TimeoutError):
            await ask(line, b"held", within_s=0.2)
        async with caller(proxy) as newcomer:
            with pytest.raises(TimeoutError):
                await ask(newcomer, b"new", within_s=0.2)
            await proxy.switch(Mode.PASS)
            assert await asyncio.wait_for(newcomer[0].readexactly(3), 5) == b"new"
        assert await asyncio.wait_for(line[0].readexactly(4), 5) == b"held"


async def test_delay_makes_each_way_slow() -> None:
    async with echo_behind_proxy() as proxy, caller(proxy) as line:
        await ask(line, b"before")
        proxy.delay_s = 0.15
        await proxy.switch(Mode.DELAY)
        began = time.monotonic()
        assert await ask(line, b"slow") == b"slow"
        assert time.monotonic() - began >= 0.3


async def test_halve_lets_a_part_through_and_then_resets() -> None:
    async with echo_behind_proxy() as proxy, caller(proxy) as line:
        await ask(line, b"before")
        await proxy.switch(Mode.HALVE)
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await ask(line, b"x" * 1000)
        assert proxy.touched == 1


async def test_a_forgotten_connection_stays_dead_but_new_ones_live() -> None:
    async with echo_behind_proxy() as proxy, caller(proxy) as line:
        await ask(line, b"before")
        assert proxy.forget() == 1
        with pytest.raises(TimeoutError):
            await ask(line, b"lost", within_s=0.2)
        async with caller(proxy) as again:
            assert await ask(again, b"alive") == b"alive"


async def test_with_the_target_away_the_caller_sees_its_connection_end() -> None:
    proxy = Proxy(free_port(), free_port())
    await proxy.start()
    async with caller(proxy) as (reader, _):
        assert await asyncio.wait_for(reader.read(), 5) == b""
    await proxy.close()
