"""A database as it stands after five weeks of the example county: the last days truly received, derived and judged.

What lies further back is those days' derived values and verdicts again, moved by whole cycles: deriving all of it anew would
take minutes, and a board cannot tell. The span ends now, because boards ask for the last hours.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import psycopg

from alerts import shown
from alerts.judge import rules
from alerts.judge.round import Round
from ingest.batch import build
from ingest.derive.rounds import Rounds
from ingest.write import Writer
from schemas.catalog.enums import MarkKind
from schemas.records import WATCHING_SINCE, Message
from schemas.registry import document, marks, store
from schemas.registry.check import check
from schemas.registry.marks import Mark
from schemas.registry.model import Document
from schemas.runtime import database, reader
from schemas.runtime.settings import AlertSettings
from schemas.times import DAY, HOUR, hour_of, to_us
from simulator import fleet, scenario
from simulator.example import example_path, scenario_path
from tests.conftest import context_of
from tests.integration.play import boiler, stacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ingest.context import Context
    from schemas.runtime.database import Database

STACK_SITE = "stack-heat"
#: Days received, and how often all but one of them are repeated before: five weeks, and the whole of the month before this one.
_RECEIVED, _CYCLES = 4, 20
_OLD_DAYS = 40
_CHUNK, _MAX_WINDOWS = 5_000, 1_000_000
_RECEIVED_AFTER_US = 1_000_000
_MEANS = (
    "value, low, high, n_valid, n_expected, valid, marks, note, rule_version, n_received, n_late, n_stopped, n_checked"
)
#: Only what begins within whole cycles before *since* is moved back, and nothing that is there already.
_BACK = f"""
INSERT INTO hourly (point_id, hour, {_MEANS})
SELECT point_id, hour - n * %(cycle)s, {_MEANS} FROM hourly, generate_series(1, %(cycles)s) AS n
WHERE hour >= %(since)s AND hour < %(since)s + %(cycle)s
ON CONFLICT DO NOTHING;
INSERT INTO daily (point_id, day, {_MEANS})
SELECT point_id, day - n * %(days)s, {_MEANS} FROM daily, generate_series(1, %(cycles)s) AS n
WHERE valid AND day < (%(since)s + %(cycle)s)::date AND day > %(since)s::date
ON CONFLICT DO NOTHING;
INSERT INTO monthly (point_id, month, value, low, n_valid, n_expected, valid, marks, note, rule_version)
SELECT point_id, date_trunc('month', day)::date, CASE WHEN factor ~ '^yx_(l|e)_' THEN sum(value) ELSE avg(value) END, min(low),
       count(*), 30, true, 'N', '', min(d.rule_version)
FROM daily d JOIN point USING (point_id) WHERE d.value IS NOT NULL GROUP BY 1, 2, factor
ON CONFLICT DO NOTHING;
-- Rates count from the day on which the service began to look.
UPDATE progress SET at = at - %(cycle)s * %(cycles)s WHERE name = %(watching)s;
-- Sums of months and years are judged on days: all of them count, not only those received.
INSERT INTO fresh_fact (basis, point_id, window_start)
SELECT 'day', point_id, day::timestamp AT TIME ZONE 'Asia/Shanghai' FROM daily
UNION ALL SELECT 'month', point_id, month::timestamp AT TIME ZONE 'Asia/Shanghai' FROM monthly
ON CONFLICT DO NOTHING
"""
#: Readings that no board may come to: long before any range that is asked for.
_OLD = """
SELECT make_room(ARRAY[((%(since)s - make_interval(days => %(old)s)) AT TIME ZONE 'UTC')::date]);
INSERT INTO reading (ts, value, batch_id, point_id, mark)
SELECT %(since)s - make_interval(days => %(old)s), 1, 1, point_id, 'N' FROM point
"""
_JUDGED_BACK = """
INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)
SELECT rule, subject, point_id, window_start - n * %(cycle)s, window_end - n * %(cycle)s, outcome, value, limit_value, limit_id, body
FROM verdict, generate_series(1, %(cycles)s) AS n
WHERE amended_at IS NULL AND window_start >= %(since)s AND window_end <= %(since)s + %(cycle)s
  AND window_end - window_start <= interval '1 day'
ON CONFLICT DO NOTHING;
INSERT INTO incident (rule, subject, site_id, device_id, state, level, lead_bureau, began_at, opened_at, ended_at, last_window, body,
                      acked_at, feedback_at, settled_at)
SELECT rule, subject, site_id, device_id, 'closed', level, lead_bureau, began_at - n * %(cycle)s, began_at - n * %(cycle)s,
       began_at - n * %(cycle)s + interval '5 hours', last_window - n * %(cycle)s, body, began_at - n * %(cycle)s + interval '9 minutes',
       began_at - n * %(cycle)s + interval '2 hours', began_at - n * %(cycle)s + interval '1 day'
FROM incident, generate_series(1, %(cycles)s) AS n WHERE state NOT IN ('pending', 'lapsed')
ON CONFLICT DO NOTHING
"""


class _Sent(msgspec.Struct):
    """What of a message says when it was sent."""

    ts: int


def county(*more: Mapping[str, Any]) -> Document:
    """Return the example county, with a boiler house that has a stack (the example has none), and the sites *more*."""
    raw = document.load_checked(example_path()).model_dump(mode="json", exclude_none=True)
    stack = stacked(boiler("b1"), id=STACK_SITE, name="示例烟囱供热站")
    stack["devices"][-1]["points"].append({"factor": "a20057"})
    raw["sites"] += [stack, *more]
    found = Document.model_validate(raw)
    assert check(found) == []
    return found


async def fill(url: str, wanted: Document, now: datetime | None = None) -> None:
    """Put *wanted* in force in the migrated database at *url*; the example's sites and the stack send up to *now*."""
    now = now or datetime.now(UTC)
    since = hour_of(now) - _RECEIVED * DAY
    async with database.connect(url, "tests") as db:
        await store.apply(db, wanted, applied_by="tests")
        registry = await store.current(db)
        assert registry is not None
        context = context_of(registry)
        # From here on silence is noticed.
        derive, judge = Rounds(db, _MAX_WINDOWS), Round(db, AlertSettings())
        await derive.round(since + HOUR / 2)
        await _write(db, context, _live(document.load_checked(example_path()), now))
        await _write(db, context, _stack(since, now))
        await _write(db, context, _refused(now))
        while (await derive.round(now)).marks:
            pass
        _run(url, _BACK, since)
        while (await judge.round(now)).facts:
            pass
        _run(url, _JUDGED_BACK, since)
        _run(url, _OLD, since)
        await marks.add(db, _mark(now), now + 900 * DAY)
        await shown.refresh(db, rules.load())
        await reader.grant(db)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _run(url: str, statements: str, since: datetime) -> None:
    cycle = (_RECEIVED - 1) * DAY
    parameters = {
        "since": since,
        "cycle": cycle,
        "days": cycle.days,
        "cycles": _CYCLES,
        "watching": WATCHING_SINCE,
        "old": _OLD_DAYS,
    }
    with psycopg.connect(url, options="-c timezone=Asia/Shanghai") as connection:
        for statement in statements.split(";"):
            connection.execute(statement.encode(), parameters)


async def _write(db: Database, context: Context, messages: Iterator[Message]) -> None:
    writer = Writer(db, "w")
    await writer.prepare()
    while some := list(islice(messages, _CHUNK)):
        await writer.write(build(some, context), context)


def _live(example: Document, now: datetime) -> Iterator[Message]:
    story = scenario.load(scenario_path("first_morning"), example)
    sent = fleet.dry_run(example, scenario=story, seed=1, days=_RECEIVED, until=now, batch=1)
    decode = msgspec.json.Decoder(_Sent).decode
    for number, (topic, payload) in enumerate(sent, 1):
        yield Message(topic, payload, decode(payload).ts * 1000 + _RECEIVED_AFTER_US, number, 1)


def _stack(since: datetime, now: datetime) -> Iterator[Message]:
    """A stack within its limits but for the nights, when its nitrogen oxides rise; each minute from *since*."""
    for number in range(int((now - since).total_seconds() // 60)):
        at = since + timedelta(minutes=number)
        nox = (420 if at.hour in {17, 18} else 210) + number % 13
        values = {
            "a34013": 22 + number % 7,
            "a21026": 95 + number % 11,
            "a21002": nox,
            "a19001": 10.5,
            "a00000": 6.0,
            "a20057": 0.002,
        }
        payload = json.dumps({"ts": to_us(at) // 1000, "values": values}).encode()
        yield Message(f"yx/v1/{STACK_SITE}/cems/telemetry", payload, to_us(at) + _RECEIVED_AFTER_US, number + 1, 1)


def _refused(now: datetime) -> Iterator[Message]:
    """Messages that ingest cannot take: no JSON, an unknown device, a value nobody believes."""
    for number in range(24):
        at = to_us(now - number * HOUR)
        for place, payload in (
            ("bj-wwtp/outlet", b"?"),
            ("bj-wwtp/nobody", b'{"ts":%d,"values":{"w21003":1}}' % (at // 1000)),
            ("bj-wwtp/outlet", b'{"ts":%d,"values":{"w01001":99}}' % (at // 1000)),
        ):
            yield Message(f"yx/v1/{place}/telemetry", payload, at, number + 1, 1)


def _mark(now: datetime) -> Mark:
    return Mark(
        site="mt-wwtp", device="outlet", kind=MarkKind.MAINTENANCE, since=hour_of(now) - timedelta(hours=30),
        until=hour_of(now) - timedelta(hours=28), reason="现场核实情况", made_by="epb-chen",
    )  # fmt: skip
