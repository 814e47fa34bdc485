from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from alerts import policy
from alerts.judge.round import Round
from alerts.notify.channels import Channels
from alerts.notify.outbox import Outbox, Sent
from ingest.batch import build
from ingest.derive.rounds import Rounds
from ingest.write import Writer
from schemas.records import Message
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings
from schemas.times import HOUR, day_start, to_us
from tests.integration.receivers import web

if TYPE_CHECKING:
    from ingest.context import Context

DAY = date(2026, 11, 20)
START = day_start(DAY)
MORNING = START + timedelta(days=1, hours=1)


def sewage_day(ammonia: float, hours: range, *, temperature: float = 16.0) -> list[dict[str, Any]]:
    samples = []
    for hour in hours:
        for tick in range(6):
            values: dict[str, float] = {"w00000": 100.0 + hour, "w01010": temperature, "w01001": 7.0}
            if tick == 0:
                values |= {"w01018": 30.0, "w21003": ammonia, "w21001": 12.0, "w21011": 0.3, "w01012": 5.0}
            samples.append({"ts": to_us(START + hour * HOUR + tick * timedelta(minutes=10)) // 1000, "values": values})
    return samples


async def play(
    url: str, context: Context, samples: list[dict[str, Any]], now: datetime, hook: str | None = None
) -> None:
    """Write *samples* as ingest would, derive them, judge them at *now*; with *hook* that is told too."""
    message = Message("yx/v1/bj-wwtp/outlet/telemetry", json.dumps(samples).encode(), to_us(now), 1, 1)
    settings = AlertSettings(webhook_url=hook)
    async with database.connect(url, "tests") as db:
        if samples:
            writer = Writer(db, "w")
            await writer.prepare()
            settled = await writer.write(build([message], context), context)
            assert settled[0].rejected == 0
        rounds = Rounds(db, 100_000)
        while (await rounds.round(now)).marks:
            pass
        # Silence and boilers' files are judged by the real clock, which these stories do not follow.
        judge = Round(db, settings, watches=False)
        while (await judge.round(now)).facts:
            pass


async def send(url: str, hook: str, at: datetime) -> Sent:
    settings = AlertSettings(webhook_url=hook)
    async with database.connect(url, "tests") as db:
        outbox = Outbox(db, settings, Channels(None, settings.webhook_url), storm=policy.load().storm)
        return await outbox.send_due(at)


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(text).fetchall()


# Values that are simple to reckon with are suspiciously constant: of that tests/integration/test_suspicion.py tells.
INCIDENTS = (
    "SELECT rule, subject, state, level FROM incident WHERE rule LIKE 'sewage_%' AND NOT body ? 'withdrawn'"
    " AND state NOT IN ('pending', 'lapsed')"
)
AMMONIA = "SELECT outcome, value, limit_value, amended_at IS NULL FROM verdict WHERE subject = 'bj-wwtp/DW001/w21003' AND rule = 'sewage_day'"


async def test_a_day_over_the_limit_becomes_one_incident_with_its_clause(url: str, context: Context) -> None:
    await play(url, context, sewage_day(9.0, range(24)), MORNING)
    assert query(url, INCIDENTS) == [("sewage_day", "bj-wwtp/DW001/w21003", "open", "orange")]
    [(outcome, value, limit, _)] = query(url, AMMONIA)
    assert (outcome, round(value, 9), limit) == ("exceeding", 9.0, 5.0)
    [(text,)] = query(
        url,
        "SELECT n.body->>'text' FROM notice n JOIN incident USING (incident_id)"
        " WHERE step = 'opened' AND channel = 'log' AND rule = 'sewage_day'",
    )
    for part in ("9.00 mg/L", "限值 5", "GB 18918-2002", "24/24", "任务（26）", "永兴分局"):
        assert part in text


async def test_cold_water_is_judged_by_the_value_in_brackets(url: str, context: Context) -> None:
    await play(url, context, sewage_day(7.5, range(24), temperature=11.0), MORNING)
    # 7.5 is within the 8 mg/L of cold water, and beyond nine tenths of it.
    assert query(url, INCIDENTS) == [("sewage_hour", "bj-wwtp/DW001/w21003", "open", "yellow")]
    assert query(url, AMMONIA) == [("compliant", 7.5, 8.0, True)]


async def test_too_little_data_is_not_judgeable_and_late_data_amend_it(url: str, context: Context) -> None:
    await play(url, context, sewage_day(9.0, range(17)), MORNING)
    assert [row[0] for row in query(url, AMMONIA)] == ["not_judgeable"]
    assert [row[0] for row in query(url, INCIDENTS)] == ["sewage_hour"]
    await play(url, context, sewage_day(9.0, range(17, 24)), MORNING + HOUR)
    found = query(url, AMMONIA + " ORDER BY verdict_id")
    assert [(row[0], row[3]) for row in found] == [("not_judgeable", False), ("exceeding", True)]
    assert query(url, INCIDENTS) == [("sewage_day", "bj-wwtp/DW001/w21003", "open", "orange")]


async def test_nothing_is_judged_before_its_window_ends_or_twice(url: str, context: Context) -> None:
    await play(url, context, sewage_day(9.0, range(20)), START + 20 * HOUR)
    assert query(url, AMMONIA) == []
    for _ in range(2):
        await play(url, context, sewage_day(9.0, range(20)), MORNING)
    assert len(query(url, AMMONIA)) == 1
    for table in ("incident_event WHERE kind = 'opened' AND", "notice WHERE channel = 'log' AND"):
        mine = "incident_id IN (SELECT incident_id FROM incident WHERE rule = 'sewage_day')"
        assert query(url, f"SELECT count(*) FROM {table} {mine}") == [(1,)]


async def test_what_a_backlog_reveals_of_long_ago_is_filed_without_a_notice(url: str, context: Context) -> None:
    await play(url, context, sewage_day(9.0, range(24)), START + timedelta(days=20))
    assert len(query(url, INCIDENTS)) == 1
    assert query(url, "SELECT count(*) FROM notice") == [(0,)]


async def test_incidents_do_not_depend_on_the_order_of_arrival(url: str, context: Context) -> None:
    for hours in (range(12, 24), range(12)):
        await play(url, context, list(reversed(sewage_day(9.0, hours))), MORNING)
    assert query(url, INCIDENTS) == [("sewage_day", "bj-wwtp/DW001/w21003", "open", "orange")]
    assert query(url, INCIDENTS.replace("rule, subject, state, level", "began_at")) == [(START,)]


async def test_a_webhook_that_fails_is_tried_again_until_it_takes_the_notice(url: str, context: Context) -> None:
    told = "SELECT attempts, sent_at IS NULL, receipt FROM notice JOIN incident USING (incident_id) WHERE channel = 'webhook' AND rule = 'sewage_day'"
    with web() as hook:
        await play(url, context, sewage_day(9.0, range(24)), MORNING, hook.url)
        hook.answer = lambda _: (500, "")
        assert (await send(url, hook.url, MORNING)).failed == 1
        hook.answer = lambda _: (200, "")
        for seconds in (60, 61):
            await send(url, hook.url, MORNING + timedelta(seconds=seconds))
    [(incident, event)] = query(
        url,
        "SELECT incident_id, event_id FROM incident_event JOIN incident USING (incident_id) WHERE rule = 'sewage_day'",
    )
    [(attempts, waits, receipt)] = query(url, told)
    assert (waits, receipt) == (False, "HTTP 200")
    keys = hook.keys()
    assert keys.count(f"{incident}/{event}/webhook/") == attempts
    assert len(keys) == len(set(keys)) + 1, "the first was tried twice, nothing was sent twice"
