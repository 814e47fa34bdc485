from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from ingest import evidence
from ingest.batch import build
from ingest.derive import retention
from ingest.derive.retention import Step, drop_old
from ingest.derive.rounds import Rounds
from ingest.write import Writer
from schemas.errors import SettingsError
from schemas.records import Message
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.runtime.settings import Settings, load_settings
from schemas.times import to_us
from tests.conftest import context_of

if TYPE_CHECKING:
    from schemas.registry.store import Registry

NOW = now()
TOPIC = "yx/v1/bj-wwtp/outlet/telemetry"
#: Older than a week's room beyond 400 days, so that whole rooms are older on either database.
AGES = (430, 420, 300, 1)


def message(age_days: int) -> Message:
    at = NOW - timedelta(days=age_days)
    samples = [{"ts": to_us(at) // 1000 + n * 60_000, "values": {"w01018": 30 + n % 7}} for n in range(120)]
    # What is old was received when it was new.
    return Message(TOPIC, json.dumps(samples).encode(), to_us(at + timedelta(hours=3)), 1, 1)


async def fill(url: str, registry: Registry) -> None:
    context = context_of(registry, max_age_days=500)
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        for age in AGES:
            await writer.write(build([message(age)], context), context)


async def derive(url: str) -> None:
    async with database.connect(url, "tests") as db:
        rounds = Rounds(db, 100_000)
        while (await rounds.round()).marks:
            pass


async def drop(url: str, *, dry_run: bool = False) -> list[Step]:
    async with database.connect(url, "tests") as db:
        return await drop_old(db, Settings(database_url=url), NOW, dry_run=dry_run)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def ages(url: str, table: str = "reading", column: str = "ts") -> list[int]:
    found = rows(url, f"SELECT DISTINCT extract(day FROM now() - {column})::int FROM {table} ORDER BY 1 DESC")
    return [age for (age,) in found]


async def test_raw_readings_go_by_the_room_when_their_hours_are_derived(url: str, registry: Registry) -> None:
    await fill(url, registry)
    await derive(url)
    hours = rows(url, "SELECT count(*) FROM hourly")
    steps = await drop(url)
    assert not any(step.waits for step in steps)
    assert max(ages(url)) == 300
    assert rows(url, "SELECT count(*) FROM reading") == [(240,)]
    assert rows(url, "SELECT count(*) FROM hourly") == hours, "what was derived stays"
    assert ages(url, "batch", "received_from") == [300, 1] or ages(url, "batch", "received_from") == [299, 0]
    async with database.connect(url, "tests") as db:
        assert (await evidence.verify(db)) == (2, None), "the chain's oldest link is the anchor now"
        assert await evidence.verify_rows(db) is None
    assert await drop(url) == [], "a second time there is nothing to do"


async def test_what_is_not_derived_yet_is_not_dropped(url: str, registry: Registry) -> None:
    await fill(url, registry)
    steps = await drop(url)
    assert "待计算" in next(step.waits for step in steps)
    assert max(ages(url)) == 430
    assert len(rows(url, "SELECT 1 FROM batch")) == 4, "nor are the bytes it came from"


async def test_an_hour_that_was_lost_is_derived_again_before_its_room_goes(url: str, registry: Registry) -> None:
    await fill(url, registry)
    await derive(url)
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM hourly WHERE hour = (SELECT min(hour) FROM hourly)")
    steps = await drop(url)
    assert [bool(step.waits) for step in steps if "reading" in step.what or "chunk" in step.what] == [True]
    assert max(ages(url)) == 430
    await derive(url)
    assert not any(step.waits for step in await drop(url))
    assert max(ages(url)) == 300


async def test_a_dry_run_says_the_same_and_changes_nothing(url: str, registry: Registry) -> None:
    await fill(url, registry)
    await derive(url)
    tables = ("reading", "batch", "hourly", "stale_window", "rejection")
    before = [rows(url, f"SELECT count(*) FROM {table}") for table in tables]
    planned = await drop(url, dry_run=True)
    assert planned
    assert [rows(url, f"SELECT count(*) FROM {table}") for table in tables] == before
    done = await drop(url)
    assert [(step.what, step.before) for step in done if step.what not in tables] == [
        (step.what, step.before) for step in planned if step.what not in tables
    ]


async def test_derived_values_go_after_six_years_and_verdicts_never(url: str, registry: Registry) -> None:
    point = registry.points["bj-wwtp", "outlet", "w01018"]
    with psycopg.connect(url) as connection:
        for age in (2300, 2000):
            at = NOW - timedelta(days=age)
            common = (point, at, 1.0, 1, 1, True, "", "", "test")
            connection.execute("INSERT INTO hourly VALUES (%s, %s, %s, NULL, NULL, %s, %s, %s, %s, %s, %s)", common)
            connection.execute("INSERT INTO daily VALUES (%s, %s, %s, NULL, NULL, %s, %s, %s, %s, %s, %s)", common)
            connection.execute(
                "INSERT INTO verdict (rule, subject, window_start, window_end, outcome, limit_id, body)"
                " VALUES ('sewage_day', 's', %s, %s, 'compliant', 'x', '{}')",
                (at, at),
            )
    await drop(url)
    assert rows(url, "SELECT count(*) FROM hourly") == rows(url, "SELECT count(*) FROM daily") == [(1,)]
    assert rows(url, "SELECT count(*) FROM verdict") == [(2,)]


async def test_readings_of_a_point_no_longer_registered_hold_nothing_up(url: str, registry: Registry) -> None:
    await fill(url, registry)
    await derive(url)
    with psycopg.connect(url) as connection:
        day = NOW - timedelta(days=430)
        connection.execute("INSERT INTO reading VALUES (%s, 1, 1, 999999, 'N')", (day,))
    assert not any(step.waits for step in await drop(url))


async def test_room_is_made_ahead(url: str, database_kind: str) -> None:
    task = asyncio.create_task(retention.keep(Settings(database_url=url)))
    try:
        async with asyncio.timeout(10):
            while database_kind == "embedded" and len(rows(url, "SELECT * FROM rooms()")) < 3:  # noqa: ASYNC110 - filled by the task
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    today = datetime(NOW.year, NOW.month, NOW.day, tzinfo=NOW.tzinfo)
    expected = [today + timedelta(days=n) for n in range(3)] if database_kind == "embedded" else []
    assert [since for _, since, _ in rows(url, "SELECT * FROM rooms()")] == expected


def test_what_is_accepted_must_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_RETENTION__RAW_DAYS", "30")
    with pytest.raises(SettingsError, match="MONITOR_INGEST__MAX_AGE_DAYS"):
        load_settings()
