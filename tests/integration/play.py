"""A small county played through ingest, deriving and judging, each as the service does it, on a database of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from alerts.judge.round import Round
from ingest.batch import build
from ingest.derive.rounds import Rounds
from ingest.write import Writer
from schemas.catalog.enums import MarkKind
from schemas.records import Mean, Message
from schemas.registry import marks, store
from schemas.registry.check import check
from schemas.registry.marks import Mark
from schemas.registry.model import Document
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings
from schemas.times import HOUR, SHANGHAI, to_us
from tests.conftest import context_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from schemas.runtime.database import Database

Values = Mapping[str, float | dict[str, Any]]
MEAN = ", ".join(Mean.__struct_fields__)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PERSON = "chen"
_TABLES = {
    "hourly": f"SELECT point_id, hour, {MEAN}, rule_version FROM hourly",
    "daily": f"SELECT point_id, day, {MEAN}, rule_version FROM daily",
    "monthly": f"SELECT point_id, month, {MEAN}, rule_version FROM monthly",
    "verdict": "SELECT rule, subject, point_id, window_start, window_end, outcome, value, limit_value, limit_id, body"
    " FROM verdict WHERE amended_at IS NULL",
    "incident": "SELECT rule, subject, site_id, state, level, lead_bureau, began_at, ended_at, last_window, body"
    # What has lapsed was seen pending by chance, in the order in which the facts came.
    " FROM incident WHERE NOT body ? 'withdrawn' AND state <> 'lapsed'",
}


class Sent(NamedTuple):
    """What one device ("site/device") sent for one instant; a value alone is normal, {"v": …, "flag": …} is marked."""

    where: str
    at: datetime
    values: Values


class Verdict(NamedTuple):
    """A verdict in the database."""

    window_start: datetime
    outcome: str
    value: float | None
    limit_value: float | None
    limit_id: str
    body: dict[str, Any]


def beijing(text: str) -> datetime:
    """Return the instant that *text* (ISO, Beijing time) says."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def marked(value: float, flag: str) -> dict[str, Any]:
    return {"v": value, "flag": flag}


def every(
    where: str, since: datetime, step: timedelta, count: int, values: Values | Callable[[int], Values]
) -> list[Sent]:
    """Return *count* readings, *step* apart; *values* may be a function of the number of the reading."""
    return [Sent(where, since + n * step, values(n) if callable(values) else values) for n in range(count)]


def county(*sites: Mapping[str, Any], **fields: Any) -> Document:
    """Return a county of *sites*, proved as a document that is applied would be."""
    document = Document.model_validate(
        {
            "county": {"name": "示例县", "code": "431023"} | fields,
            "bureaus": [{"id": one, "name": f"示例{one}"} for one in ("epb", "mkt", "drc")],
            "people": [
                {"id": PERSON, "name": "陈示一", "bureau": "epb"},
                {"id": "li", "name": "李示二", "bureau": "epb"},
            ],
            "sites": list(sites),
        }
    )
    assert check(document) == []
    return document


def changed(document: Document, **fields: Any) -> Document:
    """Return *document* with *fields* of its only site replaced."""
    raw = document.model_dump(mode="json", exclude_none=True)
    raw["sites"][0] |= fields
    found = Document.model_validate(raw)
    assert check(found) == []
    return found


class Play:
    """Writes, derives and judges on one connection."""

    def __init__(self, url: str, db: Database) -> None:
        self.url = url
        self.db = db
        self.settings = AlertSettings()
        self.rounds = Rounds(db, 1_000_000)
        # Silence is judged by the real clock, which these stories do not follow.
        self.round = Round(db, self.settings, watches=False)
        self._writer = Writer(db, "w")

    async def open(self, document: Document) -> None:
        await self._writer.prepare()
        await self.apply(document)

    async def apply(self, document: Document) -> None:
        """Put another registry in force."""
        assert await store.apply(self.db, document, applied_by="tests")
        registry = await store.current(self.db)
        assert registry is not None
        self.registry = registry
        self._context = context_of(registry, max_age_days=4000)

    async def write(self, sent: Iterable[Sent], received: datetime | None = None) -> None:
        """Write as ingest does; each message is received a second after its instant, or at *received*."""
        messages = [
            Message(
                f"yx/v1/{one.where}/telemetry",
                json.dumps({"ts": to_us(one.at) // 1000, "values": one.values}).encode(),
                to_us(received or one.at + SECOND),
                number,
                1,
            )
            for number, one in enumerate(sent, 1)
        ]
        settled = await self._writer.write(build(messages, self._context), self._context)
        assert [rejection for one in settled for rejection in one.rejections] == []

    async def derive(self, now: datetime) -> int:
        """Derive until nothing is stale; return how many hour values that were."""
        count = 0
        while (done := await self.rounds.round(now)).marks:
            count += done.hours
        return count

    async def judge(self, now: datetime) -> int:
        """Judge until there are no facts; return how many verdicts that were."""
        count = 0
        while (done := await self.round.round(now)).facts:
            count += done.verdicts
        return count + done.verdicts

    async def settle(self, now: datetime) -> None:
        await self.derive(now)
        await self.judge(now)

    async def mark(self, where: str, kind: str, since: datetime, until: datetime, **fields: Any) -> int:
        site, device = where.split("/")
        mark = Mark(
            site=site, device=device, kind=MarkKind(kind), since=since, until=until,
            **({"reason": "现场核实情况", "made_by": PERSON} | fields),
        )  # fmt: skip
        return await marks.add(self.db, mark, until + timedelta(days=900))

    def query(self, text: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            return connection.execute(text.encode(), parameters or None).fetchall()

    def change(self, text: str) -> None:
        """Change the database behind the service's back."""
        with psycopg.connect(self.url) as connection:
            connection.execute(text.encode())

    def point(self, key: str) -> int:
        """Return the number of "site/place/factor"."""
        site, place, factor = key.split("/")
        return self.registry.points[site, place, factor]

    def hour(self, key: str, start: datetime) -> Mean:
        return self._mean("hourly", "hour", key, start)

    def day(self, key: str, day: date | str) -> Mean:
        return self._mean("daily", "day", key, day)

    def month(self, key: str, month: date | str) -> Mean:
        return self._mean("monthly", "month", key, month)

    def _mean(self, table: str, window: str, key: str, start: object) -> Mean:
        [row] = self.query(f"SELECT {MEAN} FROM {table} WHERE point_id = %s AND {window} = %s", self.point(key), start)
        return Mean(**dict(zip(Mean.__struct_fields__, row, strict=True)))

    def verdicts(self, rule: str, subject: str, *, amended: bool = False) -> list[Verdict]:
        """Return the verdicts in force by window, or with *amended* those that no longer are, as they were made."""
        rows = self.query(
            "SELECT window_start, outcome, value, limit_value, limit_id, body FROM verdict"
            " WHERE rule = %s AND subject = %s AND (amended_at IS NOT NULL) = %s ORDER BY window_start, verdict_id",
            rule, subject, amended,
        )  # fmt: skip
        return [Verdict(*row) for row in rows]

    def verdict(self, rule: str, subject: str, start: datetime) -> Verdict | None:
        """Return the verdict in force on the window that begins at *start*."""
        return next((one for one in self.verdicts(rule, subject) if one.window_start == start), None)

    def outcomes(self, rule: str, subject: str) -> str:
        """Return the verdicts in force by window, a letter each: C compliant, E exceeding, N not judgeable."""
        return "".join(one.outcome[0].upper() for one in self.verdicts(rule, subject))

    def incidents(self, *, withdrawn: bool = False, suspected: bool = False) -> list[tuple[str, str, str, str]]:
        """Return rule, subject, state and level of the incidents that stand (or of those that were withdrawn).

        With *suspected* those of suspicion too: values that are simple to reckon with are suspiciously constant.
        """
        return self.query(
            "SELECT rule, subject, state, level FROM incident"
            " WHERE (body ? 'withdrawn') = %s AND (%s OR rule NOT LIKE 'suspect\\_%%' AND rule <> 'unstable_plant')"
            " AND state NOT IN ('pending', 'lapsed') ORDER BY rule, subject, began_at",
            withdrawn, suspected,
        )  # fmt: skip

    def contents(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return what stands in the derived tables, without numbers and times of our own making."""
        return {name: sorted(self.query(_TABLES[name]), key=repr) for name in tables or _TABLES}

    def derived_at(self) -> dict[tuple[str, int, str], datetime]:
        """Return (table, point, window) → when it was last derived."""
        return {
            (table, point, window): at
            for table, column in (("hourly", "hour"), ("daily", "day"), ("monthly", "month"))
            for point, window, at in self.query(f"SELECT point_id, {column}::text, derived_at FROM {table}")
        }


@asynccontextmanager
async def played(url: str, document: Document, since: datetime) -> AsyncIterator[Play]:
    """Give a county whose service began to run at *since* (on the full hour): from there on silence is a fact."""
    async with database.connect(url, "tests") as db:
        play = Play(url, db)
        await play.open(document)
        await play.settle(since + HOUR / 2)
        yield play


def sewage(*factors: str, **fields: Any) -> dict[str, Any]:
    """Return a sewage plant "plant" with outlet DW001 on device "out": *factors* hourly, flow and temperature each 10 minutes."""
    outlet = {"id": "DW001", "name": "总排口", "device": "out", "standard": "GB18918-1A", "eia_approved": "2009-06-18"}
    often = [{"factor": one, "interval_s": 600} for one in ("w00000", "w01010", "w01001")]
    points = [{"factor": one, "interval_s": 3600} for one in factors]
    return {
        "id": "plant", "name": "示例污水厂", "kind": "sewage_plant", "town": "便江街道", "lead_bureau": "epb",
        "devices": [{"id": "out", "name": "总排口水质站", "points": [*often, *points]}],
        "outlets": [outlet | {name: fields.pop(name) for name in ("standard", "eia_approved") if name in fields}],
    } | fields  # fmt: skip


def boiler(key: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": key, "name": f"{key}燃煤锅炉", "device": f"dcs-{key}", "fuel": "coal", "medium": "saturated_steam",
        "rated": 10, "manufactured": "2021-03-15", "lhv": 20934,
    } | fields  # fmt: skip


def house(*boilers: dict[str, Any], position: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return a boiler house "heat", each boiler on a device "dcs-…" of its own."""
    sent = ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp", "yx_b_coal_flow")
    flue = [{"factor": one, "position": position} for one in ("a01012", "a19001")]
    devices = [
        {"id": one["device"], "name": "锅炉控制系统", "points": [*({"factor": factor} for factor in sent), *flue]}
        for one in boilers
    ]
    return {
        "id": "heat", "name": "示例供热", "kind": "boiler_house", "town": "鲤鱼塘镇", "lead_bureau": "mkt",
        "devices": devices + fields.pop("devices", []), "boilers": list(boilers),
    } | fields  # fmt: skip


def stacked(*boilers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a boiler house whose boilers share the stack DA001, with device "cems"."""
    points = [{"factor": one} for one in ("a34013", "a21026", "a21002", "a19001", "a00000")]
    cems = {"id": "cems", "name": "烟气在线监测", "points": points}
    stack = {"id": "DA001", "name": "1号烟囱", "device": "cems", "boilers": [one["id"] for one in boilers]}
    return house(*boilers, devices=[cems], stacks=[stack], **fields)


def unit(*points: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an energy unit "unit" with device "meters": an electricity register, and what else *points* say."""
    register = {"factor": "yx_e_kwh", "kind": "counter", "carrier": "electricity", "interval_s": 900}
    points = points or (register | {"register_max": 1e6},)
    budget = {"valid_from": "2026-01-01", "annual_tce": 18000, "electricity": "calorific"}
    return {
        "id": "unit", "name": "示例用能单位", "kind": "energy_unit", "town": "柏林镇", "lead_bureau": "drc",
        "devices": [{"id": "meters", "name": "能源计量终端", "points": [*points]}], "budgets": [budget],
    } | fields  # fmt: skip
