"""Reads all that the page of one site shows besides the shared snapshot and picture."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.casework import Case
from alerts.desk.drill import sums
from alerts.desk.drill.sums import Rate
from alerts.judge.subjects import DAY_FACTORS, WATER_TEMPERATURE, Subject, subjects
from schemas.registry.model import Site
from schemas.registry.store import Registry
from schemas.times import DAY, day_of, day_start, hour_of

if TYPE_CHECKING:
    from schemas.runtime.database import Database

RowOf = dict[str, Any]
#: How far back the page looks: for a valid day, for an hour, for incidents that are over, marks, rejections.
_DAYS_BACK, _HOURS_BACK = timedelta(days=400), timedelta(days=40)
INCIDENTS_BACK, REJECTED_BACK = timedelta(days=30), timedelta(days=7)
MOST_INCIDENTS, MOST_MARKS = 30, 50
#: Rules whose newest verdict the page shows.
_SHOWN = frozenset(
    {
        "air_hour", "boiler_efficiency", "boiler_progress", "energy_budget", "energy_year", "load_permit", "data_rate",
    }
)  # fmt: skip


class SiteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One site as it stood at *at*; *registry* holds this site alone, *subjects* what is judged of it.

    By point: *days* the newest valid day, *hours* the newest hour with the newest valid one, *today* this day's hours, *last* the
    newest day with any data. *verdicts*: the newest by (rule, subject). *rates*: of this month so far, by outlet or stack.
    """

    at: datetime
    site: Site
    registry: Registry
    subjects: list[Subject]
    days: dict[int, RowOf] = {}
    hours: dict[int, RowOf] = {}
    today: dict[int, list[RowOf]] = {}
    last: dict[int, date] = {}
    verdicts: dict[tuple[str, str], RowOf] = {}
    rates: dict[str, Rate] = {}
    over: list[Case] = []
    rejections: list[RowOf] = []
    marks: list[RowOf] = []

    def point(self, place: str, factor: str) -> int | None:
        """Return the number of a series of this site."""
        return self.registry.points.get((self.site.id, place, factor))

    def of(self, rule: str) -> list[Subject]:
        """Return what *rule* judges of this site."""
        return [one for one in self.subjects if one.rule == rule]


def alone(registry: Registry, site_id: str) -> Registry | None:
    """Return *registry* with the one site, or None where it has none of that id: all that is asked of it is then quick."""
    sites = [site for site in registry.document.sites if site.id == site_id]
    if not sites:
        return None
    document = registry.document.model_copy(update={"sites": sites})
    points = {key: number for key, number in registry.points.items() if key[0] == site_id}
    return Registry(registry.version_id, document, points)


async def read(db: Database, registry: Registry, now: datetime) -> SiteFacts:
    """Return what is known *now* of the only site of *registry*.

    Raises:
        DatabaseError: the database is away.

    """
    [site] = registry.document.sites
    today = day_of(now)
    judged = [one for one in subjects(registry, today) if one.site_id == site.id]
    asked = [one for one in judged if one.rule in _SHOWN]
    water = _daily(registry)
    since = {"site": site.id, "since": now - INCIDENTS_BACK}
    return SiteFacts(
        at=now,
        site=site,
        registry=registry,
        subjects=judged,
        days=_by_point(await db.fetch_dicts("desk_days", points=water, since=today - _DAYS_BACK, today=today)),
        hours=await _hours(db, _hourly(registry, asked), now),
        today=await _today(db, water, now),
        last=dict(await db.fetch("drill_site_last", points=list(registry.points.values()))),
        verdicts=await _verdicts(db, asked),
        rates={place: rate for (_, place), rate in (await sums.rates(db, registry, [site], now)).items()},
        over=[
            msgspec.convert(row, Case)
            for row in await db.fetch_dicts("drill_site_incidents", at_most=MOST_INCIDENTS, **since)
        ],
        rejections=await db.fetch_dicts("drill_site_rejections", site=site.id, since=now - REJECTED_BACK),
        marks=await db.fetch_dicts("drill_site_marks", site=site.id, after=day_start(today) - DAY, at_most=MOST_MARKS),
    )


def _daily(registry: Registry) -> list[int]:
    """Return the points whose days the page shows: what is judged of water by the day, and its temperature."""
    return [
        number
        for site in registry.document.sites
        for outlet in site.outlets
        for factor in (*DAY_FACTORS, WATER_TEMPERATURE)
        if (number := registry.points.get((site.id, outlet.device, factor))) is not None
    ]


def _hourly(registry: Registry, asked: list[Subject]) -> list[int]:
    """Return the points whose newest hour the page shows: what is judged by the hour, and all that is derived of a boiler."""
    boilers = {boiler.id for site in registry.document.sites for boiler in site.boilers}
    found = {number for (_, place, _), number in registry.points.items() if place in boilers}
    return sorted(found | {one.point_id for one in asked if one.rule == "air_hour"})


async def rejection(db: Database, site: str, number: int) -> RowOf | None:
    """Return one refused message of *site* with its bytes, or None where there is none of that number."""
    rows = await db.fetch_dicts("drill_site_rejection", site=site, rejection=number)
    return rows[0] if rows else None


async def _hours(db: Database, points: list[int], now: datetime) -> dict[int, RowOf]:
    span = {"since": now - _HOURS_BACK, "until": hour_of(now)}
    return _by_point(await db.fetch_dicts("drill_site_hours", points=points, **span)) if points else {}


async def _today(db: Database, points: list[int], now: datetime) -> dict[int, list[RowOf]]:
    found: dict[int, list[RowOf]] = defaultdict(list)
    if points:
        span = {"since": day_start(day_of(now)), "until": hour_of(now)}
        for row in await db.fetch_dicts("hourly_between", points=points, **span):
            found[row["point_id"]].append(row)
    return {point: sorted(rows, key=lambda row: row["hour"]) for point, rows in found.items()}


async def _verdicts(db: Database, asked: list[Subject]) -> dict[tuple[str, str], RowOf]:
    rows = await db.fetch_dicts("desk_verdicts", subjects=[one.key for one in asked], rules=[one.rule for one in asked])
    return {(row["rule"], row["subject"]): row for row in rows}


def _by_point(rows: list[RowOf]) -> dict[int, RowOf]:
    return {row["point_id"]: row for row in rows}
