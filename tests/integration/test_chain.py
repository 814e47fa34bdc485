"""The history of the desk is append-only and chained, in the database itself."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from alerts.chain import verify
from schemas.runtime import database

if TYPE_CHECKING:
    from schemas.runtime.database import Database

pytestmark = pytest.mark.asyncio


async def _write(db: Database, *texts: str) -> None:
    for text in texts:
        await db.fetch(
            "incident_event_insert",
            incident_id=None,
            kind="noted",
            actor="epb-chen",
            body=database.json({"text": text}),
        )


async def test_every_line_holds_the_digest_of_the_line_before_it(url: str) -> None:
    async with database.connect(url, "tests") as db:
        assert await verify(db) == (0, None)
        await _write(db, "第一行", "第二行 “引号” \\ \n 换行", "第三行")
        assert await verify(db) == (3, None)
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT seq, event_id, (extract(epoch FROM at) * 1000000)::bigint, kind, actor, body::text, digest, previous_digest"
            " FROM incident_event ORDER BY seq"
        ).fetchall()
    previous = None
    for seq, event_id, at, kind, actor, body, digest, claimed in rows:
        said = "\n".join([str(seq), str(event_id), "-", str(at), kind, actor, body]).encode()
        assert claimed == previous
        assert hashlib.sha256((claimed or b"") + said).digest() == digest
        previous = digest


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE incident_event SET actor = 'someone else' WHERE seq = 2",
        "DELETE FROM incident_event WHERE seq = 2",
        "TRUNCATE incident_event CASCADE",
    ],
)
async def test_no_line_is_changed_or_taken_away(url: str, change: str) -> None:
    async with database.connect(url, "tests") as db:
        await _write(db, "a", "b", "c")
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(change)


@pytest.mark.parametrize(
    ("change", "seq", "why"),
    [
        ("UPDATE incident_event SET body = '{}' WHERE seq = 2", 2, "changed"),
        ("UPDATE incident_event SET at = at + interval '1 s' WHERE seq = 3", 3, "changed"),
        ("DELETE FROM incident_event WHERE seq = 2", 3, "missing"),
        ("DELETE FROM incident_event WHERE seq = 3", 3, "missing"),
        ("UPDATE chain_head SET digest = 'x'", 3, "head"),
    ],
)
async def test_who_forces_a_change_is_found_out(url: str, change: str, seq: int, why: str) -> None:
    async with database.connect(url, "tests") as db:
        await _write(db, "a", "b", "c")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("GRANT UPDATE, DELETE ON incident_event TO CURRENT_USER")
            connection.execute("ALTER TABLE incident_event DISABLE TRIGGER USER")
            connection.execute(change)
        _, broken = await verify(db)
    assert broken is not None
    assert broken.seq == seq
    assert why in broken.why


async def _write_and_fail(db: Database) -> None:
    async with db.transaction():
        await _write(db, "b")
        raise ZeroDivisionError


async def test_a_line_that_is_rolled_back_leaves_no_gap(url: str) -> None:
    async with database.connect(url, "tests") as db:
        await _write(db, "a")
        with pytest.raises(ZeroDivisionError):
            await _write_and_fail(db)
        await _write(db, "c")
        assert await verify(db) == (2, None)


async def test_history_from_before_the_chain_is_chained_when_the_schema_is_brought_up(empty_url: str) -> None:
    import asyncio

    from schemas.runtime.migrate import migrate

    await asyncio.to_thread(migrate, empty_url, to="0005")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body)"
            " VALUES ('sewage_day', 's', 's', 'open', 'orange', 'epb', now(), now(), '{}')"
        )
        for kind in ("opened", "level", "closed"):
            connection.execute(
                "INSERT INTO incident_event (incident_id, kind, body) SELECT incident_id, %s, %s FROM incident",
                [kind, json.dumps({"value": 1.5})],
            )
    await asyncio.to_thread(migrate, empty_url)
    async with database.connect(empty_url, "tests") as db:
        assert await verify(db) == (3, None)
        await _write(db, "after")
        assert await verify(db) == (4, None)
