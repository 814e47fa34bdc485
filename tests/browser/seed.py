"""What the desk shows in its tests: a sewage plant with real readings, derived, and incidents as the judge leaves them."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from alerts.desk import accounts
from alerts.desk.accounts import Wanted
from ingest.batch import build
from ingest.derive.rounds import Rounds
from ingest.write import Writer
from schemas.catalog.duty import Role
from schemas.records import Message
from schemas.registry import store
from schemas.runtime import database
from schemas.times import HOUR, to_us
from tests.conftest import context_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "Morning-tea-2026"
NOW = datetime.now(UTC)
THIS_HOUR = NOW.replace(minute=0, second=0, microsecond=0)
_COUNT = itertools.count()
SITE, SUBJECT = "bj-wwtp", "bj-wwtp/DW001/w21003"
ACCOUNTS = (
    Wanted(name="chen", role=Role.INSPECTOR, person="epb-chen"),
    Wanted(name="he", role=Role.BUREAU, person="epb-he"),
    Wanted(name="yunwei", role=Role.OPERATOR, site=SITE),
)


async def fill(url: str) -> None:
    """Write accounts, five days of readings as ingest does, and their hours."""
    async with database.connect(url, "tests") as db:
        for one in ACCOUNTS:
            await accounts.add(db, "tests", one, PASSWORD)
        registry = await store.current(db)
        assert registry is not None
        context, writer = context_of(registry, max_age_days=4000), Writer(db, "w")
        await writer.prepare()
        for messages in (list(_hours()), list(_late())):
            await writer.write(build(messages, context), context)
        rounds = Rounds(db, 1_000_000)
        while (await rounds.round(NOW)).marks:
            pass
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO lease (name, holder, until) VALUES ('alerts', 'tests', now() + interval '1 day')"
        )


def _hours() -> Iterator[Message]:
    """Ammonia by the hour: good, exceeding since ten hours, calibrated for two, silent for three, to come late for three."""
    since = THIS_HOUR - timedelta(days=5)
    for number in range(120):
        value: object = 2.5 + number % 7 * 0.3
        if number >= 110:
            value = 6.2 + number % 5 * 0.35
        elif number in {60, 61}:
            value = {"v": 0.1, "flag": "C"}
        if number not in {80, 81, 82, 90, 91, 92}:
            at = since + number * HOUR
            yield _message(at, value, at + timedelta(seconds=1), number)


def _late() -> Iterator[Message]:
    return (_message(THIS_HOUR - (30 - number) * HOUR, 4.4, NOW, number) for number in range(3))


def _message(at: datetime, value: object, received: datetime, number: int) -> Message:
    payload = json.dumps({"ts": to_us(at) // 1000, "values": {"w21003": value}}).encode()
    return Message(f"yx/v1/{SITE}/outlet/telemetry", payload, to_us(received), number + 1, 1)


class Incidents:
    """Puts incidents into the database as the judge would leave them."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        [row] = self.query(
            "SELECT point_id FROM point WHERE (site_id, device_id, factor) = ('bj-wwtp', 'outlet', 'w21003')"
        )
        self.point = row[0]

    def query(self, text: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(text.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []

    def open(self, title: str, *, level: str = "orange", hours: float = 10, site: str = SITE, **columns: object) -> int:
        """Make an incident that began *hours* ago; *columns* go before the usual."""
        # No two begin at the same instant.
        began = NOW - timedelta(hours=hours, microseconds=next(_COUNT))
        subject = str(columns.pop("subject", f"{site}/{title}"))
        row: dict[str, object] = {
            "rule": "sewage_hour", "subject": subject, "site_id": site, "state": "open", "level": level, "lead_bureau": "epb",
            "began_at": began, "last_window": NOW, "opened_at": began, "body": _body(title, level, began),
            "ack_due": began + timedelta(hours=2), "feedback_due": began + timedelta(hours=24),
            "close_due": began + timedelta(days=7),
        } | columns  # fmt: skip
        row["body"] = json.dumps(row["body"])
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        [(number,)] = self.query(
            f"INSERT INTO incident ({names}) VALUES ({marks}) RETURNING incident_id", *row.values()
        )
        self.event(number, "opened", json.loads(str(row["body"])), began)
        return int(number)

    def event(self, number: int, kind: str, body: dict[str, Any], at: datetime, actor: str = "") -> None:
        self.query(
            "INSERT INTO incident_event (incident_id, kind, body, at, actor) VALUES (%s, %s, %s, %s, %s)",
            number, kind, json.dumps(body), at, actor,
        )  # fmt: skip

    def judged(self, title: str, hours: int = 10) -> int:
        """Make an incident on the ammonia of the plant, with its verdicts, one of them amended, and its notices."""
        began = THIS_HOUR - hours * HOUR
        self.query("UPDATE incident SET began_at = began_at - interval '1 year' WHERE subject = %s", SUBJECT)
        number = self.open(
            title, subject=SUBJECT, began_at=began, body=_body(title, "orange", began) | {"point_id": self.point}
        )
        for hour in range(-24, hours):
            self._verdict(began + hour * HOUR, 6.4 if hour >= 0 else 3.0, exceeding=hour >= 0)
        self._verdict(began + HOUR, 4.1, exceeding=False, amended=NOW - HOUR)
        before = {"began_at": (began - HOUR).isoformat(), "worst": 7.9}
        said = {"amended": "补传数据使起始时间更正", "before": before, "began_at": began.isoformat(), "worst": 7.6}
        self.event(number, "amended", said, NOW - HOUR)
        for channel, sent, attempts in (("log", True, 1), ("webhook", False, 3)):
            self.query(
                "INSERT INTO notice (incident_id, step, channel, body, recipient, event_id, attempts, sent_at, receipt, next_attempt_at)"
                " VALUES (%s, 'opened', %s, '{}', 'epb-chen', %s, %s, %s, %s, now() + interval '5 minutes')",
                number, channel, number * 10 + attempts, attempts, NOW if sent else None, "ok-42" if sent else None,
            )  # fmt: skip
        return number

    def _verdict(self, at: datetime, value: float, *, exceeding: bool, amended: datetime | None = None) -> None:
        self.query(
            "INSERT INTO verdict (rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body,"
            " amended_at) VALUES ('sewage_hour', %s, %s, %s, %s, %s, %s, 5, 'x', '{\"high\": 5}', %s)"
            " ON CONFLICT DO NOTHING",
            SUBJECT, self.point, at, at + HOUR, "exceeding" if exceeding else "compliant", value, amended,
        )  # fmt: skip

    def close(self) -> None:
        self._connection.close()


class Admin:
    """Takes the desk's database away and gives it back."""

    def __init__(self, admin_url: str, database: str) -> None:
        self._url = admin_url
        self._database = database

    def take_away(self) -> None:
        self._run(
            f'ALTER DATABASE "{self._database}" ALLOW_CONNECTIONS false',
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{self._database}' AND application_name LIKE 'monitor-%'",
        )

    def give_back(self) -> None:
        self._run(f'ALTER DATABASE "{self._database}" ALLOW_CONNECTIONS true')

    def _run(self, *statements: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            for one in statements:
                connection.execute(one.encode())


def _body(title: str, level: str, began: datetime) -> dict[str, Any]:
    return {
        "title": title, "site": "便江污水处理厂", "rule": "污水小时值接近日均限值", "task": 26, "bureau": "永兴分局", "level": level,
        "began_at": began.isoformat(), "ended_at": None, "value": 6.4, "limit": 5.0, "limit_id": "x", "unit": "mg/L", "high": 5,
        "multiple": 0.28, "standard": "GB 18918-2002", "clause": "表1 一级A", "edition": "2025", "n_valid": 6, "n_expected": 6,
        "worst": 7.6, "basis": "hour",
    }  # fmt: skip
