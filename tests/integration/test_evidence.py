from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from ingest import evidence
from ingest.batch import build
from ingest.write import Writer
from schemas.errors import UseError
from schemas.records import Message
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.times import from_us, to_us

if TYPE_CHECKING:
    from ingest.context import Context

TOPIC = "yx/v1/bj-wwtp/outlet/telemetry"
POINT = ("bj-wwtp", "outlet", "w01018")
BASE_MS = to_us(now()) // 1000 - 3_600_000


def body(n: int) -> bytes:
    return json.dumps({"ts": BASE_MS + n, "values": {"w01018": float(n)}}).encode()


async def fill(url: str, context: Context, batches: int = 5) -> None:
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        for number in range(batches):
            messages = [Message(TOPIC, body(number * 10 + n), to_us(now()), 1, 1) for n in range(10)]
            await writer.write(build(messages, context), context)


async def test_an_untouched_chain_holds(url: str, context: Context) -> None:
    await fill(url, context)
    async with database.connect(url, "tests") as db:
        assert await evidence.verify(db) == (5, None)


@pytest.mark.parametrize(
    ("tampering", "batch_at", "says"),
    [
        (
            "UPDATE batch SET payload = (SELECT payload FROM batch ORDER BY batch_id LIMIT 1) WHERE batch_id = {third}",
            2,
            "changed",
        ),
        ("DELETE FROM batch WHERE batch_id = {third}", 3, "follow"),
        ("UPDATE batch SET payload = 'junk' WHERE batch_id = {third}", 2, "read"),
        ("UPDATE batch SET digest = 'x' WHERE batch_id = {third}", 2, "changed"),
    ],
)
async def test_the_first_broken_link_is_named(
    url: str, context: Context, tampering: str, batch_at: int, says: str
) -> None:
    await fill(url, context)
    with psycopg.connect(url, autocommit=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT batch_id FROM batch ORDER BY batch_id").fetchall()]
        connection.execute(tampering.format(third=ids[2]))
    async with database.connect(url, "tests") as db:
        held, broken = await evidence.verify(db)
    assert broken is not None
    assert (held, broken.batch_id) == (2, ids[batch_at])
    assert says in broken.why


async def test_a_value_leads_back_to_its_exact_bytes(url: str, context: Context) -> None:
    await fill(url, context)
    async with database.connect(url, "tests") as db:
        origin = await evidence.trace(db, POINT, from_us((BASE_MS + 23) * 1000), "yx/v1")
        assert (origin.value, origin.payload, origin.topic, origin.worker) == (23.0, body(23), TOPIC, "w")
        with pytest.raises(UseError, match="nothing is stored"):
            await evidence.trace(db, POINT, datetime(2020, 1, 1, tzinfo=UTC), "yx/v1")


async def test_rows_that_are_missing_or_were_added_are_found(url: str, context: Context) -> None:
    await fill(url, context)
    async with database.connect(url, "tests") as db:
        assert await evidence.verify_rows(db) is None
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM reading WHERE ctid IN (SELECT ctid FROM reading ORDER BY batch_id LIMIT 1)")
        broken = await evidence.verify_rows(db)
    assert broken is not None
    assert "9" in broken.why
