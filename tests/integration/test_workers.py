"""Several ingest workers on one broker and one database: they come, go and stand by; nothing is lost or stored twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import aiomqtt
import psycopg
import pytest

from ingest import work
from ingest.shares import owner_of, share_of
from schemas.errors import UseError
from schemas.registry import document
from schemas.runtime.broker import EmbeddedBroker
from schemas.runtime.clock import now
from schemas.runtime.settings import BrokerSettings, Settings
from schemas.times import to_us
from simulator.example import example_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SHARES = 8
WORKERS = ["ingest-0", "ingest-1", "ingest-2"]
#: One site for each share that has any, and its device's first factor with a value in its range.
PUBLISHERS = {
    "bj-wwtp/outlet": "w01018",
    "lyt-boiler/dcs": "a01012",
    "zs-boiler/dcs": "a01012",
    "mt-ceramic/meters": "yx_e_kwh",
    "th-paper/meters": "yx_e_kwh",
    "hn-food/meters": "yx_e_kwh",
}
BASE_MS = to_us(now()) // 1000 - 86_400_000


@pytest.fixture
def shared(url: str, nats: Any) -> Settings:
    """Settings of a worker among several; the broker sends again after two seconds, not ten."""
    nats.kill()
    broker = BrokerSettings(port=nats.port)
    county = document.load_checked(example_path())
    nats.embedded = EmbeddedBroker(nats.folder, broker, ack_wait_s=2, is_shared=True)
    nats.embedded.prepare([(site.id, device.id) for site in county.sites for device in site.devices], nats.port)
    nats.start()
    return Settings(
        database_url=url,
        broker=broker.model_copy(
            update={
                "password_file": nats.embedded.ingest_password_file,
                "credentials_file": nats.embedded.credentials_file,
            }
        ),
    )


class Worker:
    """One ingest worker as a task."""

    def __init__(self, settings: Settings, name: str, folder: Any, shares: int = SHARES) -> None:
        ready = folder / f"{name}-{id(self)}.ready"
        ingest = settings.ingest.model_copy(update={"worker": name, "shares": shares, "self_check_s": 0.5})
        self.ready = ready
        self.stop = asyncio.Event()
        mine = settings.model_copy(update={"ingest": ingest, "ready_file": ready})
        self.task = asyncio.create_task(work.run(mine, self.stop), name=name)

    async def is_ready(self) -> None:
        await until(lambda: self.ready.exists() or self.task.done())
        if self.task.done():
            await self.task

    async def end(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.task, 15)


@contextlib.asynccontextmanager
async def ending(workers: list[Worker]) -> AsyncIterator[list[Worker]]:
    """End all that were begun, whatever the test did."""
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop.set()
        await asyncio.wait_for(asyncio.gather(*(one.task for one in workers), return_exceptions=True), 20)


async def until(holds: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def stored(url: str) -> int:
    return int(rows(url, "SELECT count(*) FROM reading")[0][0])


class Fleet:
    """Devices that send one reading after the other until told to stop, and count those the broker acknowledged."""

    def __init__(self, settings: Settings) -> None:
        assert settings.broker.credentials_file is not None
        self._secrets = json.loads(settings.broker.credentials_file.read_text())
        self._port = settings.broker.port
        self.sent: Counter[str] = Counter()
        self.stop = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for device, factor in PUBLISHERS.items():
                group.create_task(self._publish(device, factor))

    async def _publish(self, device: str, factor: str) -> None:
        async with aiomqtt.Client(
            "127.0.0.1", self._port, username=device, password=self._secrets[device], identifier=f"test-{device}"
        ) as client:
            while not self.stop.is_set():
                number = self.sent[device]
                text = json.dumps({"ts": BASE_MS + number * 1000, "values": {factor: 30 + number % 7}})
                await client.publish(f"yx/v1/{device}/telemetry", text, qos=1)
                self.sent[device] += 1
                await asyncio.sleep(0.004)

    @property
    def total(self) -> int:
        return self.sent.total()


@contextlib.asynccontextmanager
async def publishing(settings: Settings) -> AsyncIterator[Fleet]:
    fleet = Fleet(settings)
    task = asyncio.create_task(fleet.run())
    try:
        yield fleet
    finally:
        fleet.stop.set()
        await asyncio.wait_for(task, 10)


def stored_by_device(url: str) -> dict[str, int]:
    query = "SELECT site_id || '/' || device_id, count(*) FROM reading JOIN point USING (point_id) GROUP BY 1"
    return dict(rows(url, query))


def devices_after(url: str, worker: str, batch_id: int) -> set[str]:
    """Devices of which *worker* stored something after *batch_id*."""
    query = f"""SELECT DISTINCT site_id || '/' || device_id FROM reading JOIN point USING (point_id)
        JOIN batch USING (batch_id) WHERE worker = '{worker}' AND batch_id > {batch_id}"""
    return {device for (device,) in rows(url, query)}


def newest_batch(url: str) -> int:
    return int(rows(url, "SELECT coalesce(max(batch_id), 0) FROM batch")[0][0])


def owned(worker: str, workers: list[str]) -> set[str]:
    """Devices whose share *worker* serves when *workers* are there."""
    return {one for one in PUBLISHERS if owner_of(share_of(one.split("/")[0], SHARES), workers) == worker}


def assert_sums(url: str) -> None:
    assert rows(url, "SELECT worker FROM tally WHERE received <> stored + duplicate + rejected") == []
    assert rows(url, "SELECT sum(stored)::bigint FROM tally") == [(stored(url),)]
    assert rows(url, "SELECT reason, details FROM rejection") == []
    assert rows(url, "SELECT worker FROM self_check WHERE wrong_since IS NOT NULL") == []


async def test_workers_come_and_go_under_load_and_nothing_is_lost(shared: Settings, url: str, tmp_path: Any) -> None:
    async with ending([Worker(shared, "ingest-0", tmp_path)]) as workers:
        await workers[0].is_ready()
        async with publishing(shared) as fleet:
            await until(lambda: stored(url) > 100)
            assert {worker for (worker,) in rows(url, "SELECT worker FROM batch")} == {"ingest-0"}

            workers += [Worker(shared, name, tmp_path) for name in WORKERS[1:]]
            await asyncio.gather(*(one.is_ready() for one in workers[1:]))
            # The leaver must have seen the others too; then whatever is in its hands may still be committed.
            await asyncio.sleep(2.5)
            shared_from = newest_batch(url)
            await asyncio.sleep(1.5)
            for name in WORKERS:
                assert devices_after(url, name, shared_from) == owned(name, WORKERS), name

            await workers[0].end()
            await asyncio.sleep(2.5)
            alone_from = newest_batch(url)
            await asyncio.sleep(1)
            for name in WORKERS[1:]:
                assert devices_after(url, name, alone_from) == owned(name, WORKERS[1:]), name
        # What was in the leavers' hands is sent again after ack_wait.
        await until(lambda: stored(url) >= fleet.total)
        await asyncio.sleep(0.6)
    assert stored_by_device(url) == dict(fleet.sent)
    assert {worker for (worker,) in rows(url, "SELECT worker FROM tally WHERE stored > 0")} == set(WORKERS)
    assert rows(url, "SELECT worker FROM worker") == [], "who stops says so"
    assert_sums(url)


async def test_a_worker_with_another_number_of_shares_is_refused(shared: Settings, url: str, tmp_path: Any) -> None:
    async with ending([Worker(shared, "ingest-0", tmp_path)]) as workers:
        await workers[0].is_ready()
        workers.append(Worker(shared, "ingest-1", tmp_path, shares=4))
        with pytest.raises(UseError, match=f"MONITOR_INGEST__SHARES={SHARES}"):
            await asyncio.wait_for(workers[1].task, 10)
        assert not workers[0].task.done(), "the first is not disturbed"
        async with publishing(shared) as fleet:
            await until(lambda: fleet.total > 50)
        await until(lambda: stored(url) == fleet.total)
    assert_sums(url)


def instances(url: str) -> int:
    with psycopg.connect(url) as connection:
        return len(connection.execute("SELECT DISTINCT instance FROM share_lease").fetchall())


async def test_of_two_workers_with_one_name_the_second_takes_over_and_the_first_stands_by(
    shared: Settings, url: str, tmp_path: Any
) -> None:
    async with ending([Worker(shared, "ingest-0", tmp_path)]) as workers:
        await workers[0].is_ready()
        async with publishing(shared) as fleet:
            await until(lambda: stored(url) > 100)
            workers.append(Worker(shared, "ingest-0", tmp_path))
            # A process that was killed is followed by one of its name, which must not wait until the dead one's lease ends.
            await workers[1].is_ready()
            await asyncio.sleep(2.5)
            assert instances(url) == 1, "they do not take the shares from each other in turns"
            assert not workers[0].task.done()
            await workers[1].end()
            before = stored(url)
            await until(lambda: stored(url) > before + 100)
        await until(lambda: stored(url) >= fleet.total)
        await asyncio.sleep(0.6)
    assert stored_by_device(url) == dict(fleet.sent)
    assert_sums(url)
