"""What the tests of the outbox share: notices inserted as the teller does, senders opened as the service does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg

from alerts.notify.outbox import Outbox, Patience
from alerts.policy_file import Storm
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.notify.channels import Channels
    from schemas.runtime.database import Database

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
CALM = Storm(notices=100_000, window_min=10, digest_min=5)
STORM = Storm(notices=10, window_min=10, digest_min=5)
NUMBERS = count(1)


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(sql).fetchall()


class Desk:
    """Inserts notices as the teller does, and opens outboxes as senders do."""

    def __init__(self, url: str, channels: Channels) -> None:
        self.url = url
        self.channels = channels

    @asynccontextmanager
    async def outbox(self, storm: Storm = CALM, patience: Patience | None = None) -> AsyncIterator[Outbox]:
        async with database.connect(self.url, "tests-outbox") as db:
            yield Outbox(db, AlertSettings(), self.channels, storm=storm, patience=patience)

    async def tell(self, at: datetime, how_many: int = 1, **fields: Any) -> None:
        async with database.connect(self.url, "tests") as db, db.transaction():
            for _ in range(how_many):
                await tell(db, at, **fields)


async def tell(db: Database, at: datetime, **fields: Any) -> int:
    number = next(NUMBERS)
    level = fields.get("level", "orange")
    body = {
        "text": f"【{level}】第 {number} 起\nhttp://desk/", "link": "http://desk/", "site": fields.get("site", "甲厂"),
        "fallback": fields.get("fallback", []),
    }  # fmt: skip
    await db.execute(
        "notice_insert", incident_id=None, event_id=number, step="opened", channel=fields.get("channel", "a"),
        recipient=fields.get("recipient", "chen"), level=level, body=database.json(body), at=at,
    )  # fmt: skip
    return number


def start() -> datetime:
    """Return now: the database dates its rows itself, and a test's clock may only run ahead of that."""
    return datetime.now(UTC)


async def until(happened: Any) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 - the other side is a thread of a real server
            await asyncio.sleep(0.01)
