"""What the pages of a point show in their tests: readings, refusals and marks as ingest leaves them, judged, and years of history."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg

from alerts.judge.round import Round
from ingest.batch import build
from ingest.derive.rounds import Rounds
from ingest.write import Writer
from schemas.catalog.enums import MarkKind
from schemas.records import Message
from schemas.registry import marks, store
from schemas.registry.marks import Mark
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings
from schemas.times import HOUR, day_of, to_us
from tests.browser import seed
from tests.browser.seed import NOW, SITE, THIS_HOUR
from tests.conftest import context_of

AMMONIA, COD = (SITE, "outlet", "w21003"), (SITE, "outlet", "w01018")
TODAY = day_of(NOW)
#: The hour whose value came in a message that is looked up, and in which messages were refused.
SHOWN_HOUR = THIS_HOUR - 20 * HOUR
NOT_TEXT = b'\x00\xff{"ts": 1, "values": {}}'
HOSTILE = b'{"values": "<img src=x onerror=alert(1)>"}'
#: Longer ago than pages are asked for: months, days and hours of COD.
YEARS, HOURS = 3 * 366, 92 * 24


async def fill(url: str) -> None:
    """Write accounts and five days as `seed.fill` does; then what was refused, marked and judged, and the history."""
    await seed.fill(url)
    async with database.connect(url, "tests") as db:
        registry = await store.current(db)
        assert registry is not None
        context, writer = context_of(registry, max_age_days=4000), Writer(db, "w")
        await writer.prepare()
        await writer.write(build(list(_refused()), context), context)
        mark = Mark(
            site=SITE, device="outlet", kind=MarkKind.CALIBRATION, since=THIS_HOUR - 44 * HOUR, until=THIS_HOUR - 42 * HOUR,
            reason="例行校准 <b>", made_by="epb-chen",
        )  # fmt: skip
        await marks.add(db, mark, NOW + timedelta(days=900))
        rounds = Rounds(db, 1_000_000)
        while (await rounds.round(NOW)).marks:
            pass
        judging = Round(db, AlertSettings(), watches=False)
        while (await judging.round(NOW)).facts:
            pass
    with psycopg.connect(url) as connection:
        _history(connection, registry.points[COD])


def _refused() -> list[Message]:
    """One value out of range, one message that is no text, one that is markup: received in one hour."""
    received = to_us(SHOWN_HOUR + 5 * timedelta(minutes=1))
    topic = f"yx/v1/{SITE}/outlet/telemetry"
    above = json.dumps({"ts": to_us(SHOWN_HOUR) // 1000 + 1000, "values": {"w21003": 99999}}).encode()
    return [Message(topic, payload, received, n, 1) for n, payload in enumerate((above, NOT_TEXT, HOSTILE), 1)]


def _history(connection: psycopg.Connection, point: int) -> None:
    """Write three years of days, 92 days of hours and their verdicts, half of a year ago amended."""
    derived = "value, n_valid, n_expected, valid, marks, note, rule_version, n_received"
    connection.execute(
        f"INSERT INTO hourly (point_id, hour, {derived})"
        " SELECT %s, %s - n * interval '1 hour', 30 + n %% 24, 1, 1, n %% 50 > 0, CASE WHEN n %% 50 = 0 THEN 'D' ELSE 'N' END, '', '1', 1"
        " FROM generate_series(1, %s) n ON CONFLICT DO NOTHING",
        [point, THIS_HOUR, HOURS],
    )
    connection.execute(
        f"INSERT INTO daily (point_id, day, {derived})"
        " SELECT %s, %s::date - n, 30 + n %% 31, 24, 24, true, 'N', '', '1', 24 FROM generate_series(1, %s) n ON CONFLICT DO NOTHING",
        [point, TODAY, YEARS],
    )
    body = json.dumps({"high": 50, "low": None, "n_valid": 24, "n_expected": 24})
    for rule, step, count in (("sewage_day", "1 day", YEARS), ("sewage_hour", "1 hour", HOURS)):
        connection.execute(
            "INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body)"
            " SELECT %(rule)s, %(subject)s, %(point)s, at, at + %(step)s::interval,"
            " CASE WHEN n %% 31 > 20 THEN 'exceeding' ELSE 'compliant' END, 30 + n %% 31, 50, 'GB18918-2002.1A.w01018.day', %(body)s"
            " FROM generate_series(1, %(count)s) n,"
            " LATERAL (SELECT date_trunc(CASE %(rule)s WHEN 'sewage_day' THEN 'day' ELSE 'hour' END, %(now)s AT TIME ZONE 'Asia/Shanghai')"
            " AT TIME ZONE 'Asia/Shanghai' - n * %(step)s::interval) AS t (at) ON CONFLICT DO NOTHING",
            {"rule": rule, "subject": f"{SITE}/DW001/w01018", "point": point, "step": step, "count": count, "body": body, "now": NOW},
        )  # fmt: skip
    connection.execute("ANALYZE hourly, daily, verdict, incident")
