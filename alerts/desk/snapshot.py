"""Reads the county from the database into snapshots: one whole, or one after the other, each reading only what changed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.desk import judgement, parts, parts_accounts, parts_facts
from alerts.desk.facts import Snapshot, Totals
from alerts.desk.parts_facts import COLOURS, LOOK_BACK, Facts, Frame, Heard, Said
from alerts.desk.parts_sites import Sites
from alerts.judge import rules
from schemas.registry import store
from schemas.times import day_of, hour_of, month_start, to_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from alerts.desk.parts_facts import Judged, Reading, Row
    from alerts.judge.rules import Rule
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_DAYS_BACK = timedelta(days=40)
#: All but the newest readings is read again after so long, though nothing told of a change: derived values and amendments do not
#: tell, and time alone ends what an acknowledgement or a verdict says.
_SLOW_EVERY = timedelta(seconds=5)
#: Verdicts, incidents and devices that come and go are read again when they tell of it, but no sooner than this.
_SLOW_REST = timedelta(seconds=1)


class Pulse(NamedTuple):
    """What moves when something is committed."""

    committed_at: datetime | None
    state_at: datetime | None
    verdict: int | None
    event: int | None
    registry: int | None


class Reader:
    """Reads whole snapshots; keeps the registry and its frame in memory until another version is in force, or another day."""

    def __init__(self, rules_in_force: Callable[[], Mapping[str, Rule]] | None = None) -> None:
        self._registry: Registry | None = None
        self._frame: Frame | None = None
        shipped = rules.load() if rules_in_force is None else {}
        self._rules = rules_in_force or (lambda: shipped)

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules in force."""
        return self._rules()

    async def registry(self, db: Database) -> Registry | None:
        """Return the registry in force, or None where none was ever applied."""
        version = await db.fetch("registry_version")
        if not version:
            self._registry = None
        elif self._registry is None or self._registry.version_id != version[0][0]:
            self._registry = await store.current(db)
        return self._registry

    async def frame(self, db: Database, today: date) -> Frame | None:
        """Return what the registry in force asks to be shown on the Shanghai day *today*; None without a registry."""
        registry = await self.registry(db)
        if registry is None:
            return None
        held = self._frame
        if held is None or held.registry is not registry or held.today != today:
            # Of a thousand sites that takes a moment, in which pages must not stand still.
            held = self._frame = await asyncio.to_thread(parts_facts.frame, registry, today)
        return held

    async def read(self, db: Database, now: datetime) -> Snapshot:
        """Return the county as it is *now*, everything read anew.

        Raises:
            DatabaseError: the database is away.

        """
        return await Follower(self).read(db, now)


class Follower:
    """Reads one snapshot after the other on one connection, each time only what changed."""

    def __init__(self, reader: Reader | None = None) -> None:
        self._reader = reader or Reader()
        self._pulse: Pulse | None = None
        self._sites = Sites()
        #: When all but the newest readings was read, and what the pulse was then.
        self._slow: tuple[datetime, Pulse] | None = None
        self._latest: dict[int, Reading] = {}
        # As the database reads them, so that 10,000 numbers and times are not written out anew each time.
        self._points = ""
        self._held_us: dict[int, str] = {}
        self._facts: Facts | None = None
        #: What was made of the facts: a snapshot still without its sites.
        self._parts: Snapshot | None = None

    async def has_news(self, db: Database) -> bool:
        """Say whether anything was committed that the last snapshot does not show."""
        pulse = await _pulse(db)
        return pulse != self._pulse or self._slow is None or self._slow[1][1:] != pulse[1:]

    async def read(self, db: Database, now: datetime) -> Snapshot:
        """Return the county as it is *now*.

        Raises:
            DatabaseError: the database is away.

        """
        # Asked first: what is committed while we read is news again.
        self._pulse = await _pulse(db)
        frame = await self._reader.frame(db, day_of(now))
        totals = (await db.fetch_dicts("desk_tally"))[0]
        common: dict[str, Any] = {
            "now": now,
            "committed_at": totals.pop("committed_at"),
            "totals": msgspec.convert(totals, Totals),
        }
        if frame is None:
            self._facts = self._slow = None
            return Snapshot(county="", **common)
        if self._facts is None or self._facts.frame is not frame:
            self._begin(frame, now)
        if self._is_slow_due(now):
            await self._read_slow(db, frame, now)
        await self._read_latest(db, now)
        assert self._facts is not None
        assert self._parts is not None
        sites = self._sites.of(msgspec.structs.replace(self._facts, now=now, latest=self._latest))
        devices = [device for site in sites for device in site.devices]
        online = sum(device.online for device in devices)
        return msgspec.structs.replace(self._parts, **common, online=online, devices=len(devices), sites=sites)

    def _begin(self, frame: Frame, now: datetime) -> None:
        """Forget what was held: another registry, or another day."""
        self._slow, self._latest = None, {}
        self._points = _array(map(str, frame.measured))
        self._held_us = dict.fromkeys(frame.measured, str(to_us(now - LOOK_BACK)))

    def _is_slow_due(self, now: datetime) -> bool:
        if self._slow is None or self._pulse is None:
            return True
        age = now - self._slow[0]
        # A clock that was set back must not keep us waiting.
        return not timedelta() <= age < _SLOW_EVERY or (self._slow[1][1:] != self._pulse[1:] and age >= _SLOW_REST)

    async def _read_latest(self, db: Database, now: datetime) -> None:
        rows = await db.fetch(
            "wall_latest", points=self._points, held_us=_array(self._held_us.values()), since=now - LOOK_BACK
        )
        if rows:
            self._latest = self._latest | {row[0]: row[1:] for row in rows}
            self._held_us.update((row[0], str(to_us(row[1]))) for row in rows)

    async def _read_slow(self, db: Database, frame: Frame, now: datetime) -> None:
        pulse = self._pulse
        assert pulse is not None
        accounts = await _accounts(db, frame)
        days = await db.fetch_dicts("desk_days", points=frame.days, since=frame.today - _DAYS_BACK, today=frame.today)
        hours = await db.fetch_dicts("desk_hours", points=frame.hours, since=now - LOOK_BACK, until=hour_of(now))
        month = {"since": month_start(frame.today), "through": frame.today}
        facts = Facts(
            now=now,
            frame=frame,
            days=_by_point(days),
            hours=_by_point(hours),
            online={(site, device): online for site, device, online, _ in await db.fetch("desk_device_states")},
            clocks={(site, device): Heard(*heard) for site, device, *heard in await db.fetch("wall_clocks")},
            incidents=await db.fetch_dicts("desk_incidents_open"),
            counts=await db.fetch_dicts("wall_incidents"),
            said=await _said(db, frame, accounts),
            accounts=accounts,
            month=(await db.fetch_dicts("desk_sum_days", points=frame.tce, **month))[0],
        )
        self._parts = self._made(facts)
        self._facts, self._slow = facts, (now, pulse)

    def _made(self, facts: Facts) -> Snapshot:
        """Return a snapshot of *facts* without its sites; outlets and boilers only move with what is derived."""
        levels, outlets, boilers = parts.levels(facts), None, None
        if self._facts is not None and self._parts is not None and self._facts.frame is facts.frame:
            outlets = self._parts.outlets if self._facts.days == facts.days else None
            boilers = self._parts.boilers if self._facts.hours == facts.hours else None
        return Snapshot(
            county=facts.frame.registry.document.county.name,
            now=facts.now,
            incidents=parts.incidents(facts, self._reader.rules),
            incidents_total=sum(levels.values()),
            incident_levels=levels,
            outlets=parts.outlets(facts, self._reader.rules["sewage_day"]) if outlets is None else outlets,
            boilers=parts.boilers(facts) if boilers is None else boilers,
            budgets=parts_accounts.budgets(facts),
            caps=parts_accounts.caps(facts),
            rate=parts_accounts.rate(facts),
            energy=parts_accounts.energy(facts),
        )


async def read(db: Database, now: datetime) -> Snapshot:
    """Return one snapshot, for callers who need no second one."""
    return await Reader().read(db, now)


async def _pulse(db: Database) -> Pulse:
    return Pulse(*(await db.fetch("wall_pulse"))[0])


async def _accounts(db: Database, frame: Frame) -> dict[Judged, Row]:
    asked = {"rules": [one.rule for one in frame.accounts], "subjects": [one.key for one in frame.accounts]}
    return {(row["rule"], row["subject"]): row for row in await db.fetch_dicts("desk_verdicts", **asked)}


async def _said(db: Database, frame: Frame, accounts: dict[Judged, Row]) -> dict[Judged, Said]:
    """Return what the newest verdicts say that colour sites."""
    judged = frame.judged()
    asked = {"rules": [rule for rule, _ in judged], "subjects": [subject for _, subject in judged]}
    rows = await db.fetch_dicts("wall_verdicts", **asked)
    rows += [row for (rule, _), row in accounts.items() if rule in COLOURS]
    return {(row["rule"], row["subject"]): Said(judgement.finding(row), judgement.speaks_until(row)) for row in rows}


def _array(texts: Iterable[str]) -> str:
    return f"{{{','.join(texts)}}}"


def _by_point(rows: list[Row]) -> dict[int, Row]:
    return {row["point_id"]: row for row in rows}
