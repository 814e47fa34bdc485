from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from ingest import evidence
from ingest.batch import build
from ingest.rejections import Filter, Found, find, replay
from ingest.write import Writer
from schemas.catalog.enums import Reason
from schemas.records import Message
from schemas.registry import document, store
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.runtime.settings import Settings
from schemas.times import to_us
from simulator.example import example_path

if TYPE_CHECKING:
    from ingest.context import Context

TOPIC = "yx/v1/bj-wwtp/outlet/telemetry"
BASE_MS = to_us(now()) // 1000 - 60_000


def message(body: object, topic: str = TOPIC) -> Message:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(topic, payload, to_us(now()), 1, 1)


async def write(url: str, context: Context, *messages: Message) -> None:
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        await writer.write(build(messages, context), context)


async def look(url: str, at_most: int = 100, **wanted: Any) -> list[Found]:
    async with database.connect(url, "tests") as db:
        return await find(db, Filter(**wanted), at_most=at_most)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


async def again(url: str, **wanted: Any) -> tuple[int, int, int, int]:
    async with database.connect(url, "tests") as db:
        done = await replay(db, Settings(database_url=url), Filter(**wanted))
    return done.messages, done.stored, done.duplicate, done.rejected


NEW_FACTOR = "w99xyz"
BAD = [
    message({"ts": BASE_MS, "values": {"w01018": 30.0, NEW_FACTOR: 1.0}}),
    message({"ts": BASE_MS + 1, "values": {"w01018": "hello", "w21003": None}}),
    message(b"\x00\xff junk"),
    message({"ts": BASE_MS, "values": {"w01018": 1}}, "yx/v1/bj-wwtp/nobody/telemetry"),
]


@pytest.mark.parametrize(
    ("wanted", "reasons"),
    [
        ({}, ["unknown_device", "malformed", "not_a_number", "unknown_point"]),
        ({"reasons": (Reason.MALFORMED, Reason.UNKNOWN_POINT)}, ["malformed", "unknown_point"]),
        ({"device": "bj-wwtp"}, ["unknown_device", "malformed", "not_a_number", "unknown_point"]),
        ({"device": "bj-wwtp/nobody"}, ["unknown_device"]),
        ({"device": "mt-wwtp"}, []),
        ({"contains": "hello"}, ["not_a_number"]),
        ({"contains": "nobody"}, ["unknown_device"]),
        ({"contains": "JSON"}, ["malformed"]),
        ({"since": now() + timedelta(hours=1)}, []),
        ({"since": now() - timedelta(hours=1)}, ["unknown_device", "malformed", "not_a_number", "unknown_point"]),
        ({"at_most": 2}, ["unknown_device", "malformed"]),
    ],
)
async def test_refused_values_are_found_by(
    url: str, context: Context, wanted: dict[str, Any], reasons: list[str]
) -> None:
    await write(url, context, *BAD)
    assert [one.reason for one in await look(url, **wanted)] == reasons


async def test_what_is_listed_holds_the_exact_bytes(url: str, context: Context) -> None:
    await write(url, context, *BAD)
    [junk] = await look(url, reasons=(Reason.MALFORMED,))
    assert (junk.payload, junk.topic, junk.refused, junk.replayed_at) == (BAD[2].payload, TOPIC, 1, None)


async def test_replay_after_the_device_was_registered_stores_what_was_refused(url: str, context: Context) -> None:
    sent = message({"ts": BASE_MS, "values": {"w01018": 30.0, "w21003": 1.0}}, "yx/v1/bj-wwtp/spare/telemetry")
    await write(url, context, sent)
    assert [one.reason for one in await look(url)] == ["unknown_device"]
    assert await again(url) == (1, 0, 0, 2)
    county = document.load_checked(example_path())
    site = next(one for one in county.sites if one.id == "bj-wwtp")
    outlet = next(one for one in site.devices if one.id == "outlet")
    site.devices.append(outlet.model_copy(update={"id": "spare", "name": "备用仪"}))
    async with database.connect(url, "tests") as db:
        await store.apply(db, county, applied_by="tests")
    assert await again(url) == (1, 2, 0, 0)
    assert await look(url) == []
    history = await look(url, replayed_too=True)
    assert [one.replayed_at is not None for one in history] == [True, True]
    at = rows(url, "SELECT DISTINCT received_from = received_to, received_from FROM batch")
    assert len(at) == 1, "a replayed message keeps the time at which it was received"
    async with database.connect(url, "tests") as db:
        assert (await evidence.verify(db))[1] is None
        assert await evidence.verify_rows(db) is None
    assert rows(url, "SELECT worker, received - stored - duplicate - rejected FROM tally ORDER BY worker") == [
        ("replay", 0), ("w", 0),
    ]  # fmt: skip


async def test_replaying_twice_stores_nothing_twice(url: str, context: Context) -> None:
    await write(url, context, *BAD)
    first = await again(url)
    assert first == (4, 0, 1, 5), "the good value beside the bad one is known; what is bad stays bad"
    assert len(await look(url)) == 4
    assert await again(url) == first
    assert rows(url, "SELECT count(*) FROM reading") == [(1,)]
    assert len(await look(url, replayed_too=True)) == 12


async def test_a_message_refused_for_two_reasons_is_replayed_once(url: str, context: Context) -> None:
    await write(url, context, message({"ts": BASE_MS, "values": {"nope": 1, "w01018": None}}))
    assert sorted(one.reason for one in await look(url)) == ["not_a_number", "unknown_point"]
    assert await again(url, reasons=(Reason.UNKNOWN_POINT,)) == (1, 0, 0, 2)
    assert sorted(one.reason for one in await look(url)) == ["not_a_number", "unknown_point"]


async def test_conflicts_are_replayed_only_when_asked_for(url: str, context: Context) -> None:
    await write(url, context, message({"ts": BASE_MS, "values": {"w01018": 30.0}}))
    await write(url, context, message({"ts": BASE_MS, "values": {"w01018": 31.0}}))
    assert await again(url) == (0, 0, 0, 0)
    assert await again(url, reasons=(Reason.CONFLICT,)) == (1, 0, 0, 1)
    assert rows(url, "SELECT value FROM reading") == [(30.0,)]


async def test_retention_drops_what_is_older_than_it_is_kept(url: str, context: Context) -> None:
    await write(url, context, *BAD)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE rejection SET received_at = now() - INTERVAL '401 days' WHERE reason = 'malformed'")
    async with database.connect(url, "tests") as db:
        assert await db.execute("rejection_drop", before=now() - timedelta(days=400), at_most=10) == 1
    assert len(await look(url)) == 3
