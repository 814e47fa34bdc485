"""People act while the evaluator works: nobody waits for each other for ever, nothing is lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from alerts import acts, policy
from alerts.actor import Actor
from alerts.chain import verify
from alerts.ladder import Ladder
from schemas.catalog.duty import Role
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings
from tests.acceptance.test_evening import duty
from tests.integration.play import played

if TYPE_CHECKING:
    from alerts.casework import Case
    from schemas.runtime.database import Database

pytestmark = pytest.mark.asyncio
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHEN = Actor(name="chen", role=Role.INSPECTOR, person="chen")
COUNT = 12


async def _acknowledge(db: Database, numbers: list[int]) -> None:
    for number in numbers:
        await acts.acknowledge(db, CHEN, number, now=NOW, policy=policy.load())
        await acts.note(db, CHEN, number, "已在现场", now=NOW)


async def test_acts_and_the_desks_clock_meet_on_the_same_incidents(url: str) -> None:
    async with (
        played(url, duty(), NOW - timedelta(days=2)) as play,
        database.connect(url, "a") as one,
        database.connect(url, "b") as other,
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            numbers = [
                row[0]
                for n in range(COUNT)
                for row in connection.execute(
                    "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body, rung,"
                    " ladder_at, next_step_at) VALUES ('sewage_day', %s, 'plant', 'open', 'orange', 'epb', %s, %s, %s, 0, %s, %s)"
                    " RETURNING incident_id",
                    [f"s{n}", NOW, NOW, psycopg.types.json.Jsonb({"title": "t", "rule": "r", "level": "orange", "began_at": NOW.isoformat()}),
                     NOW, NOW],
                ).fetchall()
            ]  # fmt: skip
        ladder = Ladder(play.db, AlertSettings())
        await asyncio.gather(_acknowledge(one, numbers), _acknowledge(other, numbers[::-1]), ladder.steps(NOW))
        assert play.query("SELECT count(*) FROM incident WHERE acked_by = 'chen'") == [(COUNT,)]
        assert play.query("SELECT count(*) FROM incident_event WHERE kind = 'noted'") == [(2 * COUNT,)]
        assert (await verify(play.db))[1] is None


async def test_one_incident_that_cannot_be_told_keeps_nobody_waiting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with played(url, duty(), NOW - timedelta(days=2)) as play:
        with psycopg.connect(url, autocommit=True) as connection:
            for n, level in enumerate(("red", "orange", "yellow")):
                body = {"title": level, "rule": "r", "level": level, "began_at": NOW.isoformat()}
                connection.execute(
                    "INSERT INTO incident (rule, subject, site_id, state, level, lead_bureau, began_at, last_window, body, rung,"
                    " ladder_at, next_step_at) VALUES ('sewage_day', %s, 'plant', 'open', %s, 'epb', %s, %s, %s, 0, %s, %s)",
                    [f"s{n}", level, NOW, NOW, psycopg.types.json.Jsonb(body), NOW, NOW],
                )
        ladder = Ladder(play.db, AlertSettings())
        tell = ladder.teller.happened

        async def poisoned(case: Case, *args: Any, **kwargs: Any) -> None:
            if case.level == "red":
                raise ValueError("a notice that cannot be written")
            await tell(case, *args, **kwargs)

        monkeypatch.setattr(ladder.teller, "happened", poisoned)
        assert await ladder.steps(NOW) == 2
        assert play.query("SELECT level FROM incident WHERE next_step_at <= %s", NOW) == [("red",)]
        monkeypatch.undo()
        assert await ladder.steps(NOW) == 1, "it is tried again, and nothing of the first try stands"
        assert play.query("SELECT count(*) FROM incident_event WHERE kind = 'escalated'") == [(3,)]
