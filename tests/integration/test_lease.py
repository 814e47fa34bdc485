"""One evaluator judges, however many were started: the others stand by, and take over from one that dies or hangs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest

from alerts.lease import Lease, LeaseLostError, application
from schemas.errors import DatabaseUnavailableError
from schemas.runtime import database
from schemas.runtime.folder import any_free_port
from tests.chaos.proxy import Mode, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

REPOSITORY = Path(__file__).parents[2]
TTL_S = 2.0
#: What the default lease promises: dead at one moment, replaced within that.
TAKEN_OVER_WITHIN_S = 10
#: The incident that `trouble` makes; the example county may have others.
OURS = "rule = 'conservation'"
JUDGES, STANDS_BY, STOPS = "this evaluator judges", "this one stands by", "stops judging"


async def until(holds: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def keeping(url: str, holder: str, ttl_s: float = TTL_S) -> AsyncIterator[tuple[Lease, asyncio.Task[None]]]:
    """Stand by for the lease, and hold it; what holds it is not asked to give it back at the end."""
    lease = Lease(url, "alerts", holder, ttl_s)
    task = asyncio.create_task(lease.keep())
    try:
        yield lease, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def gained(lease: Lease) -> None:
    await asyncio.wait_for(lease.gained.wait(), 30)


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(text.encode()).fetchall()


async def test_of_two_one_holds_and_the_other_comes_in_when_it_is_given_back(url: str) -> None:
    async with keeping(url, "one") as (first, _):
        await gained(first)
        async with keeping(url, "two") as (second, _):
            await asyncio.sleep(TTL_S * 1.5)
            assert (first.held, second.held) == (True, False)
            await first.release()
            assert not first.held
            await gained(second)
            assert second.held


async def test_a_holder_that_went_silent_is_replaced_and_what_it_left_open_is_undone(url: str) -> None:
    async with database.connect(url, application("one", "judge")) as hung:
        async with keeping(url, "one") as (first, _):
            await gained(first)
            await hung._connection.execute("BEGIN")
            await hung.fetch("judge_lock")
            await hung._connection.execute(
                "INSERT INTO fresh_fact (basis, point_id, window_start) VALUES ('x', 1, now())"
            )
        async with keeping(url, "two") as (second, _):
            await gained(second)
            assert not first.held, "the first believes in its lease no longer than the database does"
            async with database.connect(url, application("two", "judge"), answer_within_s=5) as db, db.transaction():
                await db.fetch("judge_lock")
            with pytest.raises(DatabaseUnavailableError):
                await hung.fetch("line_check")
            assert query(url, "SELECT count(*) FROM fresh_fact WHERE basis = 'x'") == [(0,)]
            assert query(url, "SELECT holder FROM lease") == [("two",)]


async def test_whoever_was_replaced_is_told_when_it_asks(url: str) -> None:
    async with keeping(url, "one") as (first, task):
        await gained(first)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("UPDATE lease SET holder = 'two', until = now() + interval '1 minute'")
        with pytest.raises(LeaseLostError, match="taken over"):
            await asyncio.wait_for(task, 30)
        assert not first.held


async def test_a_lease_outlives_its_connection(url: str) -> None:
    async with keeping(url, "one", ttl_s=6) as (first, task):
        await gained(first)
        ended = query(
            url,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{application('one', 'lease')}'",
        )
        assert ended == [(True,)]
        before = query(url, "SELECT until FROM lease")
        await until(lambda: query(url, "SELECT until FROM lease") > before)
        assert first.held
        assert not task.done()


async def test_a_holder_cut_off_from_the_database_has_stopped_when_the_next_begins(url: str) -> None:
    port = urlsplit(url).port
    assert port
    door = Proxy(any_free_port("127.0.0.1", None), port)
    await door.start()
    try:
        async with keeping(url.replace(f":{port}/", f":{door.port}/"), "one") as (first, _):
            await gained(first)
            await door.switch(Mode.BLACKHOLE)
            async with keeping(url, "two") as (second, _):
                with pytest.raises(LeaseLostError, match="in time"):
                    await asyncio.wait_for(first.expire(), 30)
                assert not second.gained.is_set()
                await gained(second)
                await door.switch(Mode.PASS)
    finally:
        await door.close()


class Evaluator:
    """`monitor alerts` as a process of its own."""

    def __init__(self, url: str, folder: Path, name: str, lease_s: float | None) -> None:
        self.log = folder / f"{name}.log"
        self.ready = folder / f"{name}.ready"
        environment = {one: value for one, value in os.environ.items() if not one.startswith("PYTEST")}
        environment |= {"MONITOR_DATABASE_URL": url, "MONITOR_READY_FILE": str(self.ready)}
        environment |= {"MONITOR_ALERTS__LEASE_S": str(lease_s)} if lease_s else {}
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monitor", "alerts"], stdout=out, stderr=out, cwd=REPOSITORY, env=environment
            )

    def said(self, words: str) -> int:
        return self.log.read_text(encoding="utf-8").count(words)

    async def says(self, words: str, times: int = 1, within_s: float = 60) -> None:
        await until(lambda: self.said(words) >= times or self.process.poll() is not None, within_s)
        assert self.said(words) >= times, self.log.read_text(encoding="utf-8")

    def send(self, sig: int) -> None:
        self.process.send_signal(sig)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.send(signal.SIGCONT)
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def start(url: str, tmp_path: Path) -> Iterator[Callable[..., Evaluator]]:
    """Start evaluators on the test's database; all are ended."""
    begun: list[Evaluator] = []

    def one(lease_s: float | None = TTL_S) -> Evaluator:
        begun.append(Evaluator(url, tmp_path, f"evaluator-{len(begun)}", lease_s))
        return begun[-1]

    yield one
    for evaluator in begun:
        evaluator.end()


def trouble(url: str, worker: str) -> None:
    """Leave the judge something that becomes an incident: sums that have not agreed for five minutes."""
    body = json.dumps({"messages_astray": 3, "values_astray": 24, "tally_astray": []})
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO self_check (worker, checked_at, wrong_since, body) VALUES (%s, now(), now() - interval '5 minutes', %s)",
            [worker, body],
        )


def incidents(url: str) -> int:
    return int(query(url, f"SELECT count(*) FROM incident WHERE {OURS}")[0][0])


def contents(url: str) -> list[list[tuple[Any, ...]]]:
    """Return what an evaluator has judged, decided and sent of the trouble."""
    of_it = f"incident_id IN (SELECT incident_id FROM incident WHERE {OURS})"
    return [
        query(url, f"SELECT * FROM verdict WHERE {OURS} ORDER BY verdict_id"),
        query(url, f"SELECT * FROM incident WHERE {OURS} ORDER BY incident_id"),
        query(url, f"SELECT * FROM incident_event WHERE {of_it} ORDER BY event_id"),
        query(url, f"SELECT * FROM notice WHERE {of_it} ORDER BY notice_id"),
    ]


def told(url: str) -> bool:
    """Say whether all notices of the trouble have been sent, and there are some."""
    notices = "SELECT count(*), count(sent_at) FROM notice JOIN incident USING (incident_id)"
    [(made, sent)] = query(url, f"{notices} WHERE {OURS}")
    return bool(made) and made == sent


async def test_two_started_by_mistake_one_judges_and_its_clean_stop_lets_the_other_in(
    url: str, start: Callable[..., Evaluator]
) -> None:
    first = start()
    await first.says(JUDGES)
    second = start()
    await second.says(STANDS_BY)
    assert second.ready.exists(), "who stands by is ready"
    trouble(url, "ingest-0")
    await until(lambda: incidents(url) == 1)
    first.send(signal.SIGTERM)
    assert await asyncio.to_thread(first.process.wait, 20) == 0
    await second.says(JUDGES)
    trouble(url, "ingest-1")
    await until(lambda: incidents(url) == 2)
    assert (first.said(STANDS_BY), second.said(STANDS_BY)) == (0, 1)
    assert first.said(JUDGES) == second.said(JUDGES) == 1


async def test_a_killed_evaluator_is_replaced_within_ten_seconds(url: str, start: Callable[..., Evaluator]) -> None:
    first = start(lease_s=None)
    await first.says(JUDGES)
    second = start(lease_s=None)
    await second.says(STANDS_BY)
    first.send(signal.SIGKILL)
    await second.says(JUDGES, within_s=TAKEN_OVER_WITHIN_S)
    trouble(url, "ingest-0")
    await until(lambda: incidents(url) == 1)


async def test_an_evaluator_that_hangs_is_replaced_and_does_no_harm_when_it_wakes(
    url: str, start: Callable[..., Evaluator]
) -> None:
    first = start()
    await first.says(JUDGES)
    second = start()
    await second.says(STANDS_BY)
    first.send(signal.SIGSTOP)
    trouble(url, "ingest-0")
    await second.says(JUDGES)
    await until(lambda: incidents(url) == 1)
    await until(lambda: told(url))
    before, lines = contents(url), first.said("notice ")

    first.send(signal.SIGCONT)
    await first.says(STOPS)
    await first.says(STANDS_BY)
    assert contents(url) == before
    assert first.said("notice ") == lines
    assert second.said(STOPS) == 0
