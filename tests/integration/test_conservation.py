from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiomqtt
import psycopg

from alerts.judge import system
from alerts.judge.round import Round
from ingest import work
from ingest.inbox import Inbox
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.runtime.settings import AlertSettings
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    import pytest

    from schemas.records import Message
    from schemas.runtime.settings import Settings

TOPIC = "yx/v1/bj-wwtp/outlet/telemetry"
BASE_MS = to_us(now()) // 1000 - 600_000


@contextlib.asynccontextmanager
async def ingesting(settings: Settings) -> AsyncIterator[None]:
    ingest = settings.ingest.model_copy(update={"self_check_s": 0.1})
    stop = asyncio.Event()
    task = asyncio.create_task(work.run(settings.model_copy(update={"ingest": ingest}), stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


def one(url: str, query: str) -> Any:
    with psycopg.connect(url) as connection:
        rows = connection.execute(query).fetchall()
    return rows[0] if rows else None


async def until(url: str, query: str, seconds: float = 20) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := one(url, query)):  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.05)
    return found


async def publish(settings: Settings, numbers: Iterable[int]) -> None:
    assert settings.broker.credentials_file is not None
    password = json.loads(settings.broker.credentials_file.read_text())["bj-wwtp/outlet"]
    where = {"hostname": "127.0.0.1", "port": settings.broker.port, "username": "bj-wwtp/outlet", "password": password}
    async with aiomqtt.Client(**where, identifier="conservation") as client:
        for n in numbers:
            await client.publish(TOPIC, json.dumps({"ts": BASE_MS + n, "values": {"w01018": n}}), qos=1)


async def judge(url: str) -> None:
    async with database.connect(url, "tests") as db:
        await Round(db, AlertSettings()).round(now())


async def test_a_message_that_goes_astray_becomes_an_incident_and_the_mend_closes_it(
    settings: Settings, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings.model_copy(update={"ready_file": tmp_path / "ready"})
    monkeypatch.setattr(system, "_WRONG_FOR", timedelta(seconds=1))
    settle = Inbox.settle

    def forgetful(self: Inbox, messages: list[Message]) -> None:
        settle(self, messages[1:])

    async with ingesting(settings):
        await until(url, "SELECT 1 FROM self_check WHERE wrong_since IS NULL")
        await judge(url)
        assert one(url, "SELECT 1 FROM incident WHERE rule = 'conservation'") is None
        monkeypatch.setattr(Inbox, "settle", forgetful)
        await publish(settings, range(20))
        astray = await until(
            url,
            "SELECT (body->>'messages_astray')::int FROM self_check WHERE checked_at - wrong_since > INTERVAL '1 second'",
        )
        assert astray[0] > 0
        await judge(url)
        assert one(url, "SELECT subject, state, level FROM incident WHERE rule = 'conservation'") == (
            "ingest/ingest-0", "open", "red",
        )  # fmt: skip
        assert (
            "消息差"
            in one(
                url,
                "SELECT n.body->>'text' FROM notice n JOIN incident USING (incident_id) WHERE rule = 'conservation'",
            )[0]
        )
    monkeypatch.setattr(Inbox, "settle", settle)
    async with ingesting(settings):
        await until(url, "SELECT 1 FROM self_check WHERE wrong_since IS NULL")
        await judge(url)
    assert one(url, "SELECT state FROM incident WHERE rule = 'conservation'") == ("closed",)
    assert one(url, "SELECT count(*) FROM reading") == (20,), "the sums were wrong, the data were not"
