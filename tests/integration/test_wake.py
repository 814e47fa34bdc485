"""Whoever judges is woken by what is committed; a line that is lost, or forgotten without a word, is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import psycopg
import pytest

from alerts import loop
from ingest.batch import build
from ingest.derive.rounds import Rounds
from ingest.write import Writer
from schemas.errors import DatabaseUnavailableError
from schemas.records import Message
from schemas.registry.derived import instant_points
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.runtime.folder import any_free_port
from schemas.runtime.settings import AlertSettings, Settings
from schemas.times import to_us
from tests.chaos.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ingest.context import Context
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

SOON_S, NEVER_S = 0.3, 30.0


@contextlib.asynccontextmanager
async def listening(url: str, **options: float) -> AsyncIterator[Database]:
    async with database.connect(url, "tests-listener", **options) as db:
        await db.listen("facts")
        yield db


def notify(url: str, times: int = 1) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        for _ in range(times):
            other.execute("NOTIFY facts")


def end_sessions(url: str, application: str) -> int:
    with psycopg.connect(url, autocommit=True) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [application],
        ).fetchall()
    return int(ended[0][0])


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before the database, and the address through it."""
    parts = urlsplit(url)
    assert parts.port
    door = Proxy(any_free_port("127.0.0.1", None), parts.port)
    await door.start()
    yield door, url.replace(f":{parts.port}/", f":{door.port}/")
    await door.close()


async def test_a_notice_wakes_whoever_listens(url: str) -> None:
    async with listening(url) as db:
        waiting = asyncio.create_task(db.heard(NEVER_S))
        await asyncio.to_thread(notify, url)
        assert await waiting


async def test_what_came_between_two_looks_is_not_missed_and_told_once(url: str) -> None:
    async with listening(url) as db:
        await asyncio.to_thread(notify, url, 3)
        await db.fetch("line_check")
        assert await db.heard(NEVER_S)
        assert not await db.heard(SOON_S)


async def test_a_quiet_line_is_tried_and_stays(url: str) -> None:
    async with listening(url) as db:
        assert not await db.heard(SOON_S)
        assert not await db.heard(SOON_S)


async def test_a_session_that_is_ended_is_noticed_at_once(url: str) -> None:
    async with listening(url) as db:
        waiting = asyncio.create_task(db.heard(NEVER_S))
        assert await asyncio.to_thread(end_sessions, url, "tests-listener") == 1
        with pytest.raises(DatabaseUnavailableError):
            await asyncio.wait_for(waiting, 10)


async def test_a_line_that_was_forgotten_without_a_word_is_noticed(proxy: tuple[Proxy, str]) -> None:
    door, through = proxy
    async with listening(through, answer_within_s=0.2) as db:
        assert not await db.heard(SOON_S)
        assert door.forget() == 1
        with pytest.raises(DatabaseUnavailableError):
            await asyncio.wait_for(db.heard(SOON_S), 10)


async def test_the_kernel_asks_after_a_line_on_which_nothing_is_said(url: str) -> None:
    """A cable that was cut says nothing; the kernel's probes find it within half a minute, at our end and at theirs."""
    async with listening(url) as db:
        with contextlib.closing(_socket_of(db)) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            idle, every, count = (
                line.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
        assert idle + every * count <= 30


def _socket_of(db: Database) -> Any:
    return socket.socket(fileno=os.dup(db._connection.fileno()))


@contextlib.asynccontextmanager
async def hearing(url: str) -> AsyncIterator[asyncio.Event]:
    facts = asyncio.Event()
    task = asyncio.create_task(loop.hear(url, facts))
    try:
        yield facts
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def woken(facts: asyncio.Event) -> None:
    await asyncio.wait_for(facts.wait(), 20)
    facts.clear()


async def test_the_evaluator_hears_again_when_its_line_was_cut(url: str) -> None:
    async with hearing(url) as facts:
        await woken(facts)
        assert await asyncio.to_thread(end_sessions, url, "monitor-hear") == 1
        await woken(facts)  # it listens again, and looks at what came meanwhile
        await asyncio.to_thread(notify, url)
        await woken(facts)


async def test_the_evaluator_hears_again_when_its_line_was_forgotten(
    url: str, proxy: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    door, through = proxy
    monkeypatch.setattr(loop, "_CHECK_EVERY_S", SOON_S)
    monkeypatch.setattr(loop, "_CHECK_WITHIN_S", 0.2)
    async with hearing(through) as facts:
        await woken(facts)
        assert door.forget() == 1
        await woken(facts)
        await asyncio.to_thread(notify, url)
        await woken(facts)


def sent(values: dict[str, float], at: Any) -> Message:
    body = {"ts": to_us(at) // 1000, "values": values}
    return Message("yx/v1/bj-wwtp/outlet/telemetry", json.dumps(body).encode(), to_us(now()), 1, 1)


async def write(db: Database, context: Context, *messages: Message) -> None:
    writer = Writer(db, "w")
    await writer.prepare()
    await writer.write(build(messages, context), context)


@pytest.mark.parametrize(("factor", "wakes"), [("w01001", True), ("w01018", False)])
async def test_only_a_reading_judged_by_itself_wakes_the_judge_when_it_is_stored(
    url: str, context: Context, registry: Registry, factor: str, *, wakes: bool
) -> None:
    context = msgspec.structs.replace(context, instants=instant_points(registry))
    async with database.connect(url, "tests") as db, listening(url) as listener:
        await write(db, context, sent({factor: 7.0}, now()))
        assert await listener.heard(NEVER_S if wakes else SOON_S) == wakes


async def test_deriving_wakes_the_judge_when_a_value_changed_and_not_otherwise(url: str, context: Context) -> None:
    at = now() - timedelta(hours=2)
    async with database.connect(url, "tests") as db, listening(url) as listener:
        rounds = Rounds(db, 10_000)
        await rounds.round()
        while await listener.heard(SOON_S):
            pass
        await write(db, context, sent({"w01018": 31.0}, at))
        await rounds.round()
        assert await listener.heard(NEVER_S)
        with psycopg.connect(url) as other:
            other.execute(
                "INSERT INTO stale_window (hour, point_ids) SELECT hour, array_agg(point_id) FROM hourly GROUP BY hour"
            )
        assert (await rounds.round()).hours > 0
        assert not await listener.heard(SOON_S)


async def test_a_round_of_deriving_that_is_rolled_back_wakes_nobody(url: str, context: Context) -> None:
    async with database.connect(url, "tests") as db, listening(url) as listener:
        await write(db, context, sent({"w01018": 31.0}, now() - timedelta(hours=2)))
        with contextlib.suppress(ZeroDivisionError):
            async with db.transaction():
                await Rounds(db, 10_000).round()
                raise ZeroDivisionError
        assert not await listener.heard(SOON_S)


@contextlib.asynccontextmanager
async def evaluating(url: str, every_s: float) -> AsyncIterator[asyncio.Task[None]]:
    """Run the evaluator, and give it when it has had its first round: nothing is left to judge."""
    stop = asyncio.Event()
    with psycopg.connect(url) as other:
        other.execute("INSERT INTO fresh_fact (basis, point_id, window_start) VALUES ('day', 1, '2026-01-01')")
    settings = Settings(database_url=url, alerts=AlertSettings(every_s=every_s))
    task = asyncio.create_task(loop.run(settings, stop))
    try:
        await until(task, url, "SELECT NOT EXISTS (SELECT FROM fresh_fact)")
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def until(task: asyncio.Task[None], url: str, question: str) -> None:
    async with asyncio.timeout(20), await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
        while await (await other.execute(question.encode())).fetchone() != (True,):
            assert not task.done()
            await asyncio.sleep(0.05)


def trouble(url: str) -> None:
    """Leave the judge something that becomes an incident: sums that have not agreed for five minutes."""
    body = json.dumps({"messages_astray": 3, "values_astray": 24, "tally_astray": []})
    with psycopg.connect(url) as other:
        other.execute(
            "INSERT INTO self_check (worker, checked_at, wrong_since, body)"
            " VALUES ('ingest-0', now(), now() - interval '5 minutes', %s)",
            [body],
        )


TOLD = (
    "SELECT EXISTS (SELECT FROM notice JOIN incident USING (incident_id)"
    " WHERE rule = 'conservation' AND sent_at IS NOT NULL)"
)


async def test_a_notice_wakes_judge_and_sender_long_before_their_time(url: str) -> None:
    async with evaluating(url, every_s=3600) as task:
        trouble(url)
        await asyncio.to_thread(notify, url)
        await until(task, url, TOLD)


async def test_an_evaluator_that_hears_nothing_judges_by_the_timer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deaf(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(loop, "hear", deaf)
    async with evaluating(url, every_s=0.1) as task:
        trouble(url)
        await until(task, url, TOLD)


@pytest.mark.parametrize("what", ["judge", "send", "clock", "lease"])
async def test_an_evaluator_goes_on_when_one_of_its_lines_is_cut(url: str, what: str) -> None:
    async with evaluating(url, every_s=0.1) as task:
        with psycopg.connect(url, autocommit=True) as other:
            ended = other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'monitor-alerts %%' || %s AND datname = current_database()",
                [what],
            ).fetchall()
        assert ended == [(True,)]
        trouble(url)
        await until(task, url, TOLD)


async def test_a_clean_stop_gives_the_lease_back(url: str) -> None:
    async with evaluating(url, every_s=3600) as task:
        await until(task, url, "SELECT EXISTS (SELECT FROM lease)")
    async with database.connect(url, "tests") as db:
        assert await db.fetch("lease_holder", lease="alerts") == []
