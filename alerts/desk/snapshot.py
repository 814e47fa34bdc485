"""Reads the county from the database, all of it at once, into one snapshot."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.desk import parts
from alerts.desk.facts import Snapshot, Totals
from alerts.judge import rules
from alerts.judge.subjects import DAY_FACTORS, PH, WATER_TEMPERATURE, subjects
from schemas.registry import store
from schemas.registry.derived import EFFICIENCY, ENERGY_BALANCE, TCE
from schemas.times import day_of, hour_of, month_start

if TYPE_CHECKING:
    from datetime import datetime

    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

#: Rules whose verdicts colour a site; accounts and warnings speak through their incidents.
_SHOWN = frozenset({"sewage_day", "air_hour", "boiler_efficiency", "energy_budget"})
_LOOK_BACK = timedelta(days=3)
_DAYS_BACK = timedelta(days=40)


class Reader:
    """Reads snapshots; keeps the registry in memory until another version is in force."""

    def __init__(self) -> None:
        self._registry: Registry | None = None
        self._rules = rules.load()

    async def registry(self, db: Database) -> Registry | None:
        """Return the registry in force, or None where none was ever applied."""
        version = await db.fetch("registry_version")
        if not version:
            self._registry = None
        elif self._registry is None or self._registry.version_id != version[0][0]:
            self._registry = await store.current(db)
        return self._registry

    async def read(self, db: Database, now: datetime) -> Snapshot:
        """Return the county as it is *now*.

        Raises:
            DatabaseError: the database is away.

        """
        registry = await self.registry(db)
        totals = msgspec.convert((await db.fetch_dicts("desk_tally"))[0], Totals)
        if registry is None:
            return Snapshot(county="", now=now, totals=totals)
        found = await self._facts(db, registry, now)
        sites = parts.sites(found)
        devices = [device for site in sites for device in site.devices]
        return Snapshot(
            county=registry.document.county.name,
            now=now,
            totals=totals,
            online=sum(device.online for device in devices),
            devices=len(devices),
            sites=sites,
            incidents=parts.incidents(found, self._rules),
            outlets=parts.outlets(found),
            boilers=parts.boilers(found),
            budgets=parts.budgets(found),
            energy=parts.energy(found),
        )

    async def _facts(self, db: Database, registry: Registry, now: datetime) -> parts.Facts:
        today = day_of(now)
        judged = [one for one in subjects(registry, today) if one.rule in _SHOWN and one.factor != PH]
        day_points = _numbers(registry, (*DAY_FACTORS, WATER_TEMPERATURE))
        tce = [
            number
            for (_, device, factor), number in registry.points.items()
            if (device, factor) == (ENERGY_BALANCE, TCE)
        ]
        latest = await db.fetch_dicts("desk_latest", points=list(registry.points.values()), since=now - _LOOK_BACK)
        days = await db.fetch_dicts("desk_days", points=day_points, since=today - _DAYS_BACK, today=today)
        hours = await db.fetch_dicts(
            "desk_hours", points=_numbers(registry, (EFFICIENCY,)), since=now - _LOOK_BACK, until=hour_of(now)
        )
        states = await db.fetch_dicts("desk_device_states")
        clocks = await db.fetch("desk_device_clocks")
        return parts.Facts(
            now=now,
            registry=registry,
            subjects=judged,
            latest=_by_point(latest),
            days=_by_point(days),
            hours=_by_point(hours),
            online={(row["site_id"], row["device_id"]): row["online"] for row in states},
            lags={(site, device): lag_s for site, device, lag_s in clocks},
            incidents=await db.fetch_dicts("desk_incidents_open"),
            verdicts=await db.fetch_dicts(
                "desk_verdicts", subjects=[one.key for one in judged], rules=[one.rule for one in judged]
            ),
            month=(await db.fetch_dicts("desk_sum_days", points=tce, since=month_start(today), through=today))[0],
        )


async def read(db: Database, now: datetime) -> Snapshot:
    """Return one snapshot, for callers who need no second one."""
    return await Reader().read(db, now)


def _numbers(registry: Registry, factors: tuple[str, ...]) -> list[int]:
    return [number for (_, _, factor), number in registry.points.items() if factor in factors]


def _by_point(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["point_id"]: row for row in rows}
