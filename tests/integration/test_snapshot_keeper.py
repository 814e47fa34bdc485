"""The keeper on a real database: a commit wakes it, a database that is away or slow is told, and it comes back by itself."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from alerts.desk.keeper import Keeper
from ingest.batch import build
from ingest.write import Writer
from schemas.records import Message
from schemas.runtime import clock, database
from schemas.runtime.folder import any_free_port
from schemas.times import to_us
from tests.chaos.proxy import Mode, Proxy
from tests.integration.play import SECOND

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ingest.context import Context

WITHIN_S = 30.0


@asynccontextmanager
async def kept(url: str, *, answer_within_s: float = 15.0) -> AsyncIterator[Keeper]:
    keeper = Keeper(url, answer_within_s=answer_within_s)
    running = asyncio.create_task(keeper.run())
    try:
        yield keeper
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(keeper: Keeper, so: Callable[[], bool]) -> None:
    """Wait for versions until it is *so*; never by time alone."""
    version = 0
    async with asyncio.timeout(WITHIN_S):
        while not so():
            version = await keeper.after(version, WITHIN_S)


async def commit(url: str, context: Context, value: float) -> None:
    """Commit one reading as ingest does."""
    now = clock.now()
    payload = {"ts": to_us(now) // 1000, "values": {"w01018": value}}
    message = Message("yx/v1/bj-wwtp/outlet/telemetry", json.dumps(payload).encode(), to_us(now), 1, 1)
    async with database.connect(url, "tests-writer") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        await writer.write(build([message], context), context)


def shown(keeper: Keeper) -> float | None:
    assert keeper.snapshot is not None
    points = [point for site in keeper.snapshot.sites if site.id == "bj-wwtp" for device in site.devices
              for point in device.points if point.factor == "w01018"]  # fmt: skip
    return points[0].value


async def test_a_commit_moves_the_version_and_is_in_the_snapshot(url: str, context: Context) -> None:
    async with kept(url) as keeper:
        assert await keeper.after(0, WITHIN_S) == 1
        assert keeper.snapshot is not None
        assert keeper.snapshot.totals.received == 0
        for number, value in enumerate((31.25, 32.5), 1):
            version = keeper.version
            waiting = asyncio.create_task(keeper.after(version, WITHIN_S))
            await commit(url, context, value)
            assert await waiting > version
            await until(keeper, lambda value=value: shown(keeper) == value)  # type: ignore[misc]  # of this round
            assert keeper.snapshot.totals.received == number
            assert keeper.snapshot.totals.balanced
            assert keeper.snapshot.committed_at is not None
        assert keeper.why_not_ready(keeper.snapshot.now + 9 * SECOND) is None
        assert keeper.why_not_ready(keeper.snapshot.now + 11 * SECOND) is not None


async def test_where_nothing_changes_the_version_stays_and_the_snapshot_is_fresh(url: str) -> None:
    async with kept(url) as keeper:
        await keeper.after(0, WITHIN_S)
        first = keeper.snapshot
        async with asyncio.timeout(WITHIN_S):
            while keeper.snapshot is first:
                await keeper.after(keeper.version, 0.2)
        assert keeper.version == 1
        assert first is not None
        assert keeper.snapshot is not None
        assert keeper.snapshot.now > first.now


@pytest.fixture
async def door(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before the database, and the address through it."""
    port = urlsplit(url).port
    assert port
    proxy = Proxy(any_free_port("127.0.0.1", None), port)
    await proxy.start()
    yield proxy, url.replace(f":{port}/", f":{proxy.port}/")
    await proxy.close()


@pytest.mark.parametrize("mode", [Mode.CUT, Mode.BLACKHOLE])
async def test_while_the_database_is_away_the_last_snapshot_stays_and_it_comes_back_by_itself(
    url: str, context: Context, door: tuple[Proxy, str], mode: Mode
) -> None:
    """Cut: it refuses. Blackhole: it takes the question and does not answer; within *answer_within_s* that is being away too."""
    proxy, through = door
    async with kept(through, answer_within_s=1.0) as keeper:
        await commit(url, context, 31.25)
        await until(keeper, lambda: keeper.snapshot is not None and shown(keeper) == 31.25)
        await proxy.switch(mode)
        await until(keeper, lambda: keeper.away_since is not None)
        last, version = keeper.snapshot, keeper.version
        await commit(url, context, 32.5)
        assert keeper.snapshot is last
        assert shown(keeper) == 31.25
        await proxy.switch(Mode.PASS)
        assert await keeper.after(version, WITHIN_S) > version
        assert keeper.away_since is None
        assert shown(keeper) == 32.5


async def test_a_statement_that_takes_too_long_counts_as_away(url: str) -> None:
    async with kept(url, answer_within_s=0.5) as keeper:
        await keeper.after(0, WITHIN_S)
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE tally IN ACCESS EXCLUSIVE MODE")
            await until(keeper, lambda: keeper.away_since is not None)
            assert keeper.snapshot is not None
        await until(keeper, lambda: keeper.away_since is None)
