"""What an attacker, or a slip of the hand, tried on the duty desk: each of these went wrong once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from alerts import acts
from alerts.actor import Actor
from alerts.desk import accounts, incident_api
from alerts.desk.accounts import Wanted
from alerts.desk.entry import Entry, Refused
from alerts.desk.incident_api import Wish
from alerts.desk.source import Source
from alerts.evidence.folder import bundle
from schemas.catalog.duty import Role, SilenceKind
from schemas.errors import UseError
from schemas.runtime import clock, database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from schemas.runtime.database import Database

PASSWORD = "correct horse 1"
CHIEF = Actor(name="he", role=Role.BUREAU, person="epb-he")
END_OF_CALENDAR = datetime.fromisoformat("9999-12-31T23:59:59Z")
FIRST_YEAR = datetime.fromisoformat("0001-01-02T00:00:00Z")


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with database.connect(url, "tests") as connection:
        yield connection


@pytest.fixture
async def entry(url: str) -> AsyncIterator[Entry]:
    source = Source(url)
    yield Entry(source)
    await source.close()


def incident(url: str) -> int:
    """Store an open incident with a notice whose channel answered with somebody's number; return its own number."""
    with psycopg.connect(url) as connection:
        number = connection.execute(
            "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body)"
            " VALUES ('sewage_day', 'bj-wwtp/DW001', 'bj-wwtp', 'open', 'orange', 'epb', now(), now(), %s) RETURNING incident_id",
            [Jsonb({"title": "氨氮"})],
        ).fetchone()
        assert number is not None
        event = connection.execute(
            "INSERT INTO incident_event (incident_id, kind, body) VALUES (%s, 'opened', %s) RETURNING event_id",
            [number[0], Jsonb({})],
        ).fetchone()
        assert event is not None
        connection.execute(
            "INSERT INTO notice (incident_id, event_id, step, channel, recipient, level, body, next_attempt_at, sent_at, receipt)"
            " VALUES (%s, %s, 'opened', 'sms', 'epb-chen', 'orange', %s, now(), now(), 'HTTP 200 to 13900000001')",
            [number[0], event[0], Jsonb({})],
        )
    return int(number[0])


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        (None, END_OF_CALENDAR, "in Beijing it would end in the year 10000: no page, no evaluator could say so"),
        (FIRST_YEAR, None, "the rota would be asked for turns before the calendar begins"),
        (None, timedelta(days=367), "a forgotten plan would keep people in the dark for ever"),
        (timedelta(days=-367), None, "a plan long past is a mistyped year"),
    ],
)
async def test_nothing_is_planned_beyond_a_year(
    since: datetime | timedelta | None, until: datetime | timedelta | None, sentence: str, url: str, db: Database
) -> None:
    now = clock.now()
    first = now + since if isinstance(since, timedelta) else since or now
    last = now + until if isinstance(until, timedelta) else until or now + timedelta(hours=1)
    span: dict[str, Any] = {"since": first, "until": last, "reason": "检修", "now": now}
    with pytest.raises(UseError, match="太远"):
        await acts.plan_silence(db, CHIEF, kind=SilenceKind.SILENCE, site="bj-wwtp", device="", rule="", **span)
    with pytest.raises(UseError, match="太远"):
        await acts.plan_swap(db, CHIEF, bureau="epb", person="epb-chen", **span)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM silence").fetchall() == [(0,)], sentence
        assert connection.execute("SELECT count(*) FROM duty_swap").fetchall() == [(0,)], sentence


async def test_a_text_that_cannot_be_kept_is_refused_in_words_and_nothing_is_written(url: str, db: Database) -> None:
    key = incident(url)
    with pytest.raises(UseError, match="无法保存的字符"):
        await acts.note(db, CHIEF, key, "a\0b", now=clock.now())
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM incident_event WHERE kind = 'noted'").fetchall()
    assert found == [(0,)]


@pytest.mark.parametrize("name", ["chen", "nobody"])
async def test_many_tries_at_once_do_not_tell_which_names_there_are(name: str, db: Database, entry: Entry) -> None:
    await accounts.add(db, "tests", Wanted(name="chen", role=Role.INSPECTOR, person="epb-chen"), PASSWORD)
    found = await asyncio.gather(*(entry.enter(name, f"wrong horse {n}", f"10.0.0.{n}") for n in range(12)))
    waits = sorted(one.wait for one in found if isinstance(one, Refused))
    assert waits[:4] == [timedelta(0)] * 4
    # To the second: each counts from its own arrival.
    assert {round(wait / timedelta(minutes=1), 1) for wait in waits[4:]} == {1.0}


async def test_a_nul_in_a_name_is_a_wrong_name_and_no_outage(db: Database, entry: Entry) -> None:
    await accounts.add(db, "tests", Wanted(name="chen", role=Role.INSPECTOR, person="epb-chen"), PASSWORD)
    assert await entry.enter("no\0body", PASSWORD, "::1") == Refused()


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        (None, False),
        (Actor(name="wall", role=Role.WALL), False),
        (Actor(name="other", role=Role.OPERATOR, site="mt-wwtp"), False),
        (Actor(name="own", role=Role.OPERATOR, site="bj-wwtp"), True),
        (CHIEF, True),
    ],
)
async def test_what_a_channel_answered_is_for_those_who_may_see_the_incident(
    actor: Actor | None, *, shown: bool, url: str, db: Database
) -> None:
    incident(url)
    answer = await incident_api.listed(db, actor, Wish())
    assert (b"13900000001" in bytes(answer.body)) is shown
    assert b'"status":"sent"' in bytes(answer.body)


@pytest.mark.parametrize("name", ["evidence.zip", "evidence"])
def test_evidence_is_readable_by_its_maker_alone(name: str, tmp_path: Path) -> None:
    with bundle(tmp_path / name, clock.now()) as made:
        made.text("README.txt", "x")
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
