from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import aiomqtt
import psycopg

from ingest import work
from schemas.runtime.clock import now
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from schemas.runtime.settings import Settings

TOPIC = "yx/v1/bj-wwtp/outlet/telemetry"
BASE_MS = to_us(now()) // 1000 - 86_400_000


@contextlib.asynccontextmanager
async def ingesting(settings: Settings, tmp: Any) -> AsyncIterator[None]:
    ready = tmp / "ready"
    ready.unlink(missing_ok=True)
    stop = asyncio.Event()
    task = asyncio.create_task(work.run(settings.model_copy(update={"ready_file": ready}), stop))
    try:
        await until(ready.exists)
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def until(holds: Any, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


def count(url: str, query: str = "SELECT count(*) FROM reading") -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute(query).fetchall()[0][0])


def login(settings: Settings, device: str = "bj-wwtp/outlet") -> dict[str, Any]:
    assert settings.broker.credentials_file is not None
    secrets = json.loads(settings.broker.credentials_file.read_text())
    return {"hostname": "127.0.0.1", "port": settings.broker.port, "username": device, "password": secrets[device]}


async def publish(settings: Settings, numbers: range, topic: str = TOPIC) -> None:
    async with aiomqtt.Client(**login(settings), identifier="test-device") as client:
        for n in numbers:
            await client.publish(topic, json.dumps({"ts": BASE_MS + n * 1000, "values": {"w01018": 30 + n % 7}}), qos=1)


async def test_what_a_device_publishes_is_stored(settings: Settings, url: str, tmp_path: Any) -> None:
    async with ingesting(settings, tmp_path):
        await publish(settings, range(300))
        await until(lambda: count(url) == 300)
    assert count(url, "SELECT received - stored FROM tally") == 0


async def test_what_comes_while_ingest_is_away_is_stored_after(settings: Settings, url: str, tmp_path: Any) -> None:
    async with ingesting(settings, tmp_path):
        await publish(settings, range(10))
        await until(lambda: count(url) == 10)
    await publish(settings, range(10, 200))
    assert count(url) == 10
    async with ingesting(settings, tmp_path):
        await until(lambda: count(url) == 200)


async def test_the_database_cutting_us_off_loses_nothing(settings: Settings, url: str, tmp_path: Any) -> None:
    async def cut() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(10):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name LIKE 'monitor-ingest-0%%'"
                )
                await asyncio.sleep(0.05)

    async with ingesting(settings, tmp_path):
        await asyncio.gather(publish(settings, range(2000)), cut())
        await until(lambda: count(url) == 2000)
    assert count(url, "SELECT received - stored - duplicate - rejected FROM tally") == 0


async def test_the_broker_killed_loses_nothing_acknowledged(
    settings: Settings, url: str, tmp_path: Any, nats: Any
) -> None:
    async with ingesting(settings, tmp_path):
        await publish(settings, range(500))
        nats.kill()
        nats.start()
        await until(lambda: count(url) == 500)
        await publish(settings, range(500, 600))
        await until(lambda: count(url) == 600)


async def test_a_device_cannot_speak_for_another(settings: Settings, url: str, tmp_path: Any) -> None:
    async with ingesting(settings, tmp_path):
        with contextlib.suppress(aiomqtt.MqttError):
            await publish(settings, range(5), topic="yx/v1/mt-wwtp/outlet/telemetry")
        await publish(settings, range(5))
        await until(lambda: count(url) == 5)
        await asyncio.sleep(0.5)
    sites = count(url, "SELECT count(*) FROM reading JOIN point USING (point_id) WHERE site_id <> 'bj-wwtp'")
    assert (sites, count(url, "SELECT count(*) FROM rejection")) == (0, 0)


async def test_a_topic_that_is_not_utf8_or_junk_stops_nothing(settings: Settings, url: str, tmp_path: Any) -> None:
    async with ingesting(settings, tmp_path):
        async with aiomqtt.Client(**login(settings), identifier="junk") as client:
            for junk in (b"", b"\x00\xff", b"[" * 100_000, b'{"ts": 1e400, "values": {"w01018": 1}}'):
                await client.publish(TOPIC, junk, qos=1)
            await client.publish("yx/v1/bj-wwtp/outlet/typo/deeper", b"{}", qos=1)
        await publish(settings, range(3))
        await until(lambda: count(url) == 3)
    assert count(url, "SELECT count(*) FROM rejection") == 5
    assert count(url, "SELECT received - stored - duplicate - rejected FROM tally") == 0
