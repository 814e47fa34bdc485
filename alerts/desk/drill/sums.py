"""What the list of sites says beside the snapshot: each site's rate of the month, its budgets, since when it is silent. Shared by all pages."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.judge.subjects import RATED_GAS, RATED_WATER
from schemas.records import WATCHING_SINCE
from schemas.times import DAY, day_of, month_start

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.desk.source import Source
    from schemas.registry.model import Site
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

#: The sums move once an hour; a page that is opened need not wait for them anew.
_EVERY = timedelta(seconds=30)
_HOURS_A_DAY = 24
MONTH, YEAR = "energy_budget", "energy_year"


class Rate(msgspec.Struct, frozen=True):
    """传输有效率 of a month so far, as a share: *valid* hours of *due* ones since the day *since*."""

    since: date
    due: int
    valid: int

    @property
    def share(self) -> float | None:
        """The rate as a share; None where nothing was due."""
        return self.valid / self.due if self.due else None


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """As of *at*: rate by site, newest verdict by (rule, site), newest day with data of the points of silent sites."""

    at: datetime
    rates: dict[str, Rate] = {}
    verdicts: dict[tuple[str, str], dict[str, Any]] = {}
    last: dict[str, date] = {}


class Ledger:
    """Keeps the sums of the whole county, read anew when somebody looks and they are old."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._turn = asyncio.Lock()
        self._sums: Sums | None = None

    async def current(self, registry: Registry, silent: Iterable[str], now: datetime) -> Sums:
        """Return the sums as they stood at most half a minute ago. *silent*: sites without a reading in the snapshot.

        Raises:
            DatabaseError: the database is away.

        """
        async with self._turn:
            # A clock that was set back must not keep what was read.
            if self._sums is None or not timedelta() <= now - self._sums.at <= _EVERY:
                async with self._source.lend() as db:
                    self._sums = await read(db, registry, set(silent), now)
            return self._sums

    @property
    def newest(self) -> Sums | None:
        """What was read last, however old."""
        return self._sums


async def read(db: Database, registry: Registry, silent: set[str], now: datetime) -> Sums:
    """Return the sums of all sites of *registry* as of *now*."""
    sites = registry.document.sites
    by_place = await rates(db, registry, sites, now)
    budgeted = [site.id for site in sites if site.budgets]
    asked = [(rule, f"{site}/budget") for rule in (MONTH, YEAR) for site in budgeted]
    rows = await db.fetch_dicts("desk_verdicts", subjects=[key for _, key in asked], rules=[rule for rule, _ in asked])
    numbers = {
        number: site.id
        for site in sites
        if site.id in silent
        for device in site.devices
        for point in device.points
        if (number := registry.points.get((site.id, device.id, point.factor))) is not None
    }
    last: dict[str, date] = {}
    for number, day in await db.fetch("drill_site_last", points=list(numbers)) if numbers else ():
        last[numbers[number]] = max(day, last.get(numbers[number], day))
    return Sums(
        at=now,
        rates=_by_site(by_place),
        verdicts={(row["rule"], row["subject"].removesuffix("/budget")): row for row in rows},
        last=last,
    )


async def rates(db: Database, registry: Registry, sites: Iterable[Site], now: datetime) -> dict[tuple[str, str], Rate]:
    """Return (site, outlet or stack) → rate of this month up to and with yesterday, where anything is due.

    By the rule of `alerts.judge.rates`, 补全: a day without a row counts 24 hours due; the day of the first data does not count.
    """
    counted = [
        (number, f"{site.id}/{place.id}")
        for site in sites
        for places, factors in ((site.outlets, RATED_WATER), (site.stacks, RATED_GAS))
        for place in places
        for factor in factors
        if (number := registry.points.get((site.id, place.device, factor))) is not None
    ]
    watched = await db.fetch("progress_get", what=WATCHING_SINCE)
    if not counted or not watched:
        return {}
    through = day_of(now) - DAY
    since = max(month_start(day_of(now)), day_of(watched[0][0]) + DAY)
    rows = await db.fetch_dicts(
        "drill_county_rates",
        points=[number for number, _ in counted],
        places=[place for _, place in counted],
        since=since,
        through=through,
    )
    found = {}
    for row in rows:
        missing = max(0, (through - row["since"]).days + 1) * row["points"] - row["n_days"]
        site, _, place = row["place"].partition("/")
        found[site, place] = Rate(row["since"], row["due"] + _HOURS_A_DAY * max(0, missing), row["valid"])
    return found


def _by_site(by_place: dict[tuple[str, str], Rate]) -> dict[str, Rate]:
    found: dict[str, Rate] = {}
    for (site, _), one in by_place.items():
        held = found.get(site)
        found[site] = (
            one if held is None else Rate(min(held.since, one.since), held.due + one.due, held.valid + one.valid)
        )
    return found
