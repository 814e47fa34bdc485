from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
import zstandard

from ingest.batch import build
from ingest.write import Settled, Writer
from schemas import sql
from schemas.errors import DatabaseUnavailableError, DataRefusedError
from schemas.records import Message
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.times import from_us, to_us

if TYPE_CHECKING:
    from ingest.context import Context
    from schemas.registry.store import Registry

TOPIC = "yx/v1/bj-wwtp/outlet/telemetry"
NOW_MS = to_us(now()) // 1000 // 3_600_000 * 3_600_000


def message(body: object, topic: str = TOPIC) -> Message:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(topic, payload, to_us(now()), 1, 1)


def sample(value: Any, ts: int = NOW_MS, factor: str = "w01018") -> dict[str, Any]:
    return {"ts": ts, "values": {factor: value}}


async def write(url: str, context: Context, *messages: Message) -> Settled:
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        settled = await writer.write(build(messages, context), context)
    total = settled[0]
    assert len(settled) == 1
    assert total.received == total.stored + total.duplicate + total.rejected
    return total


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


async def test_a_reading_is_stored_as_sent(url: str, context: Context, registry: Registry) -> None:
    settled = await write(url, context, message(sample(31.2)))
    assert (settled.stored, settled.duplicate, settled.rejected) == (1, 0, 0)
    number = registry.points["bj-wwtp", "outlet", "w01018"]
    found = rows(url, "SELECT point_id, extract(epoch FROM ts) * 1000, value, mark FROM reading")
    assert found == [(number, NOW_MS, 31.2, "N")]


async def test_the_first_value_wins_and_the_second_is_kept_as_evidence(url: str, context: Context) -> None:
    await write(url, context, message(sample(31.2)))
    again = await write(
        url, context, message(sample(31.2)), message(sample(99.0)), message(sample(30, NOW_MS - 60_000))
    )
    assert (again.stored, again.duplicate, again.rejected) == (1, 1, 1)
    assert rows(url, "SELECT value FROM reading ORDER BY ts DESC LIMIT 1") == [(31.2,)]
    [(reason, payload, details)] = rows(url, "SELECT reason, payload, details FROM rejection")
    assert (reason, json.loads(payload)) == ("conflict", sample(99.0))
    assert "31.2" in details[0]
    assert "99" in details[0]


async def test_a_conflict_with_the_database_is_told_from_a_duplicate(url: str, context: Context) -> None:
    await write(url, context, message(sample(31.2)))
    assert (await write(url, context, message(sample(31.2)))).duplicate == 1
    assert (await write(url, context, message(sample(31.3)))).rejected == 1


@pytest.mark.parametrize(
    ("body", "topic", "reason"),
    [
        (b"", TOPIC, "empty"),
        (b"{", TOPIC, "malformed"),
        (b"\xff\xfe", TOPIC, "malformed"),
        (sample(31.2), "yx/v1/bj-wwtp/nobody/telemetry", "unknown_device"),
        (sample(31.2, factor="w99999"), TOPIC, "unknown_point"),
        (sample(1e9), TOPIC, "out_of_range"),
        (sample(31.2, NOW_MS + 7_200_000 * 2), TOPIC, "future"),
        (sample(31.2, NOW_MS // 1000), TOPIC, "too_old"),
        (sample("31.2"), TOPIC, "not_a_number"),
        (b'{"ts": %d, "values": {"w01018": NaN}}' % NOW_MS, TOPIC, "not_finite"),
        (sample({"v": 1, "flag": "\x00"}), TOPIC, "bad_mark"),
        (sample(1), "yx/v1/bj-wwtp/outlet/typo", "bad_topic"),
        (b"##0101QN=...", "yx/v1/bj-wwtp/outlet/hj212", "unsupported_kind"),
        (b"x" * 300_000, TOPIC, "too_large"),
    ],
)
async def test_what_is_refused_is_kept_with_reason_and_bytes(
    url: str, context: Context, body: object, topic: str, reason: str
) -> None:
    bad = message(body, topic)
    settled = await write(url, context, bad, message(sample(31.2)))
    assert (settled.stored, settled.rejected) == (1, 1)
    assert rows(url, "SELECT reason, topic, payload, refused FROM rejection") == [(reason, topic, bad.payload, 1)]


async def test_the_good_values_beside_bad_ones_are_kept(url: str, context: Context) -> None:
    body = (
        b'{"ts": %d, "values": {"w01018": 30, "w21003": NaN, "w21001": true, "w21011": {"v": 0.3, "flag": "M"}}}'
        % NOW_MS
    )
    settled = await write(url, context, message(body))
    assert (settled.received, settled.stored, settled.rejected) == (4, 2, 2)
    assert rows(url, "SELECT value, mark FROM reading ORDER BY value") == [(0.3, "M"), (30, "N")]


async def test_the_batch_holds_the_exact_bytes_and_chains_to_the_one_before(url: str, context: Context) -> None:
    first, second = message(sample(31.2)), message(b"\x00 junk \xff")
    await write(url, context, first)
    await write(url, context, second)
    found = rows(url, "SELECT payload, digest, previous_digest FROM batch ORDER BY batch_id")
    raw = [zstandard.ZstdDecompressor().decompress(payload) for payload, _, _ in found]
    assert msgspec.msgpack.decode(raw[1]) == [[second.received_us, second.topic, second.payload]]
    assert found[0][1] == hashlib.sha256(raw[0]).digest()
    assert found[1][2] == found[0][1]
    assert found[1][1] == hashlib.sha256(found[0][1] + raw[1]).digest()
    assert rows(url, "SELECT received, stored, duplicate, rejected FROM tally") == [(2, 1, 0, 1)]


async def test_a_birth_and_a_last_will_set_the_device_state(url: str, context: Context) -> None:
    status = "yx/v1/bj-wwtp/outlet/status"
    await write(url, context, message(b'{"online": true}', status))
    assert rows(url, "SELECT site_id, device_id, online FROM device_state") == [("bj-wwtp", "outlet", True)]
    await write(url, context, message(b'{"online": false}', status))
    assert rows(url, "SELECT online FROM device_state") == [(False,)]


async def test_a_row_the_database_refuses_does_not_sink_its_batch(
    url: str, context: Context, registry: Registry
) -> None:
    number = registry.points["bj-wwtp", "outlet", "w01018"]
    with psycopg.connect(url) as connection:
        days = [now().date().isoformat()]
        connection.execute("SELECT make_room(%s::date[])", [days])
        connection.execute("ALTER TABLE reading ADD CONSTRAINT no_thirteen CHECK (value <> 13)")
    messages = [message(sample(float(n), NOW_MS - n * 1000)) for n in range(40)]
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        settled = await writer.write(build(messages, context), context)
        with pytest.raises(DataRefusedError):
            await writer._commit(build(messages, context), context)
    assert sum(one.stored for one in settled) == 39
    assert rows(url, "SELECT reason, payload FROM rejection") == [("database_refused", messages[13].payload)]
    assert rows(url, f"SELECT count(*) FROM reading WHERE point_id = {number}") == [(39,)]


async def test_a_late_value_is_marked_and_never_becomes_the_newest(url: str, context: Context) -> None:
    fresh_ms = to_us(now()) // 1000 - 10_000
    await write(url, context, message(sample(31.2, fresh_ms)))
    await write(url, context, message(sample(29.9, fresh_ms - 7_200_000)))
    assert rows(url, "SELECT value, late FROM reading ORDER BY ts DESC") == [(31.2, False), (29.9, True)]
    [(point, _)] = rows(url, "SELECT point_id, count(*) FROM reading GROUP BY 1")
    async with database.connect(url, "tests") as db:
        newest = await db.fetch_dicts("desk_latest", points=[point], since=now() - timedelta(days=1))
    assert [(one["value"], one["ts"]) for one in newest] == [(31.2, from_us(fresh_ms * 1000))]


async def test_a_predecessor_that_hangs_in_a_copy_is_ended(url: str, context: Context) -> None:
    """The server's timeouts do not fire while a COPY waits for its data, and that transaction holds the worker's chain."""
    await write(url, context, message(sample(31.2)))
    limit_s = 1.0
    async with database.connect(url, "tests", answer_within_s=limit_s) as hung, hung.transaction():
        await hung.fetch("batch_next", worker="w", days=[])
        copy = hung._connection.cursor().copy(sql.load("reading_copy"))
        await copy.__aenter__()
        await asyncio.sleep(2 * limit_s)
        async with database.connect(url, "another", answer_within_s=limit_s) as db:
            with pytest.raises(DatabaseUnavailableError):
                await db.fetch("batch_next", worker="w", days=[])
        async with database.connect(url, "tests", answer_within_s=limit_s) as db:
            writer = Writer(db, "w")
            await writer.prepare()
            settled = await writer.write(build([message(sample(31.3, NOW_MS - 1000))], context), context)
        assert [one.stored for one in settled] == [1]
        with contextlib.suppress(DatabaseUnavailableError, psycopg.Error):
            await copy.__aexit__(None, None, None)
        hung._connection.pgconn.finish()
