"""What all open pages of the duty desk share: one picture of queue, people and duty, read every two seconds on a connection of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts import workdays
from alerts.casework import Case
from alerts.judge import rules
from alerts.roster import OnDuty, Roster, Swap
from schemas.errors import DatabaseError
from schemas.registry import store
from schemas.registry.store import Registry
from schemas.runtime import clock, database, logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alerts.judge.rules import Rule
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
EVERY_S = 2.0
#: A picture older than this is called old on the page.
_OLD_AFTER = timedelta(seconds=10)
#: A standby takes over well within this.
_IDLE_AFTER = timedelta(seconds=20)
#: More live incidents than this are a fault of the rules; of what is over, the newest are enough for a desk.
MOST_LIVE, MOST_REST = 5000, 300
_PAST_PLANS, _MOST_PLANS = timedelta(days=30), 300


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The desk at the instant *now*. *sites*, *bureaus*, *people*: id → name; *accounts*: account → name of who holds it.

    *judged_until*: until when the evaluator's lease holds or last held.
    """

    now: datetime
    judged_until: datetime
    cases: list[Case]
    registry: Registry | None
    accounts: dict[str, str]
    silences: dict[int, dict[str, Any]]
    swaps: list[dict[str, Any]]
    roster: Roster | None
    sites: dict[str, str]
    bureaus: dict[str, str]
    people: dict[str, str]

    def bureau_of(self, person: str | None) -> str | None:
        """Return the bureau of *person*."""
        people = self.registry.document.people if self.registry else []
        return next((one.bureau for one in people if one.id == person), None)

    def silences_in_force(self) -> list[dict[str, Any]]:
        """Return the silences that hold back notices now."""
        return [
            row
            for row in self.silences.values()
            if row["withdrawn_at"] is None and row["since"] <= self.now < row["until"]
        ]

    def on_duty(self) -> list[tuple[str, OnDuty]]:
        """Return (bureau, who is on duty now) of every bureau that has a rota or duties."""
        if self.registry is None or self.roster is None:
            return []
        document = self.registry.document
        called = {one.bureau for one in document.duties} | {one.bureau for one in document.rotas}
        return [(one.id, self.roster.on_duty(one.id, self.now)) for one in document.bureaus if one.id in called]


class Board:
    """The shared picture and how old it is."""

    def __init__(self, url: str, rules_in_force: Callable[[], Mapping[str, Rule]] | None = None) -> None:
        self._url = url
        shipped = rules.load() if rules_in_force is None else {}
        self._rules = rules_in_force or (lambda: shipped)
        self._registry: Registry | None = None
        self._judged_until: datetime | None = None
        self._stir = asyncio.Event()
        self._asked: list[asyncio.Event] = []
        self.picture: Picture | None = None
        self.away_since: datetime | None = None

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules in force."""
        return self._rules()

    async def run(self) -> None:
        """Read for ever; comes back by itself after the database was away."""
        attempt = 0
        while True:
            try:
                async with database.connect(self._url, "monitor-desk-pages", answer_within_s=15.0) as db:
                    while True:
                        await self._renew(db)
                        self.away_since, attempt = None, 0
                        await self._rest()
            except DatabaseError as exc:
                if self.away_since is None:
                    self.away_since = clock.now()
                    _LOG.warning("database away", error=str(exc))
                await database.pause(attempt, cap_s=3.0)
                attempt += 1

    async def renewed(self) -> None:
        """Return once the picture was read anew from now on: somebody has acted and wants to see it. Waits no longer than usual."""
        done = asyncio.Event()
        self._asked.append(done)
        self._stir.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), EVERY_S)

    async def _renew(self, db: Database) -> None:
        # Who asks while we read may have written too late for this picture: the next one is theirs.
        asked, self._asked = self._asked, []
        self._stir.clear()
        self.picture = await self.read(db, clock.now())
        for done in asked:
            done.set()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), EVERY_S)

    async def read(self, db: Database, now: datetime) -> Picture:
        """Return the desk as it is *now*.

        Raises:
            DatabaseError: the database is away.

        """
        registry = await self._registry_now(db)
        document = registry.document if registry else None
        people = {one.id: one.name for one in document.people} if document else {}
        plans = {"since": now - _PAST_PLANS, "at_most": _MOST_PLANS}
        rows = await db.fetch_dicts("desk_page_queue", live=MOST_LIVE, rest=MOST_REST)
        swaps = await db.fetch_dicts("desk_page_swaps", **plans)
        # One that ended in good order takes its lease along: what was last seen of it stands.
        lease = await db.fetch("desk_page_evaluator")
        self._judged_until = lease[0][0] if lease else self._judged_until or now
        return Picture(
            now=now,
            judged_until=self._judged_until,
            cases=[msgspec.convert(row, Case) for row in rows],
            registry=registry,
            accounts={name: people.get(person, name) for name, person in await db.fetch("desk_page_accounts")},
            silences={row["silence_id"]: row for row in await db.fetch_dicts("desk_page_silences", **plans)},
            swaps=swaps,
            roster=Roster(document, _standing(swaps), workdays) if document else None,
            sites={one.id: one.name for one in document.sites} if document else {},
            bureaus={one.id: one.name for one in document.bureaus} if document else {},
            people=people,
        )

    async def _registry_now(self, db: Database) -> Registry | None:
        version = await db.fetch("registry_version")
        if not version:
            self._registry = None
        elif self._registry is None or self._registry.version_id != version[0][0]:
            self._registry = await store.current(db)
        return self._registry

    def unjudged_since(self, now: datetime) -> datetime | None:
        """Return since when no evaluator runs, so that nothing shown can change; None while one does."""
        until = self.picture.judged_until if self.picture else None
        return until if until is not None and now - until > _IDLE_AFTER else None

    def stale(self, now: datetime) -> datetime | None:
        """Return since when what is shown is old, or None while it is fresh."""
        if self.picture is None:
            return self.away_since
        return self.picture.now if self.away_since is not None or now - self.picture.now > _OLD_AFTER else None


def _standing(swaps: list[dict[str, Any]]) -> list[Swap]:
    """Return the swaps that nobody took back, in the order in which they were planned."""
    return [
        Swap(bureau=row["bureau"], person=row["person"], since=row["since"], until=row["until"])
        for row in sorted(swaps, key=lambda row: row["swap_id"])
        if row["withdrawn_at"] is None
    ]
