"""Reads all that the page of one incident shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.casework import Case
from alerts.desk.pages import chart
from alerts.desk.pages.chart import Curve, Window
from schemas.catalog.enums import Basis
from schemas.catalog.factors import FACTORS
from schemas.registry.derived import converted_factor
from schemas.times import DAY, HOUR, day_of

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.judge.rules import Rule
    from schemas.registry.derived import PointKey
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_MOST_EVENTS, _MOST_NOTICES, _MOST_AMENDED = 500, 300, 200
READINGS = 120


class Paper(NamedTuple):
    """One incident with its history and its notices."""

    case: Case
    events: list[dict[str, Any]]
    notices: list[dict[str, Any]]


class Drawing(NamedTuple):
    """The chart of one incident, the point it shows and the verdicts that were amended."""

    curve: Curve | None
    point: int | None
    amended: list[dict[str, Any]]


async def paper(db: Database, incident_id: int) -> Paper | None:
    """Return the incident with history and notices, or None where there is none of that number."""
    rows = await db.fetch_dicts("desk_page_incident", incident_id=incident_id)
    if not rows:
        return None
    events = await db.fetch_dicts("desk_page_events", incident_id=incident_id, at_most=_MOST_EVENTS)
    notices = await db.fetch_dicts("desk_page_notices", incident_id=incident_id, at_most=_MOST_NOTICES)
    return Paper(msgspec.convert(rows[0], Case), events, notices)


async def drawing(db: Database, case: Case, rule: Rule | None, registry: Registry | None, now: datetime) -> Drawing:
    """Return the chart of *case*'s point around the incident; none where it rests on no single point."""
    since, until = chart.span(case.began_at, case.ended_at, now)
    asked = {"subject": case.subject, "rule": case.rule, "since": since, "until": until}
    verdicts = await db.fetch_dicts("desk_page_verdicts", **asked)
    amended = await db.fetch_dicts("desk_page_amended", at_most=_MOST_AMENDED, **asked)
    point = case.body.get("point_id") or next((row["point_id"] for row in reversed(verdicts) if row["point_id"]), None)
    if point is None:
        return Drawing(None, None, amended)
    daily = (rule.basis if rule else Basis.HOUR) not in {Basis.HOUR, Basis.INSTANT}
    if daily:
        rows = await db.fetch_dicts("desk_page_days", point=point, since=day_of(since), until=day_of(until) + DAY)
    else:
        rows = await db.fetch_dicts("desk_page_hours", point=point, since=since - HOUR, until=until)
    key = point_key(registry, point)
    factor = FACTORS.get(key[2]) if key else None
    # Of a month or a year the verdicts speak of other windows than the chart's days.
    judged = verdicts if rule is None or rule.basis in {Basis.HOUR, Basis.INSTANT, Basis.DAY} else []
    curve = Curve(
        name=factor.zh if factor else str(case.body.get("title", "")),
        unit=factor.unit if factor else str(case.body.get("unit", "")),
        decimals=factor.decimals if factor else 2,
        daily=daily,
        windows=_windows(chart.starts(since, until, daily=daily), rows, judged, daily=daily),
        began_at=case.began_at,
        ended_at=case.ended_at,
        clause=" ".join(str(case.body[name]) for name in ("standard", "clause") if case.body.get(name)),
    )
    return Drawing(curve, point, amended)


def _windows(
    starts: list[datetime], rows: list[dict[str, Any]], verdicts: list[dict[str, Any]], *, daily: bool
) -> tuple[Window, ...]:
    stored = {chart.start_of(row["at"]): row for row in rows}
    judged = {row["window_start"]: row for row in verdicts}
    step = DAY if daily else HOUR
    found = []
    for at in starts:
        row, verdict = stored.get(at), judged.get(at)
        low, high = _bounds(verdict) if verdict else (None, None)
        kept = {name: value for name, value in row.items() if name != "at"} | {"stored": True} if row else {}
        exceeding = verdict is not None and verdict["outcome"] == "exceeding"
        found.append(Window(start=at, end=at + step, low=low, high=high, exceeding=exceeding, **kept))
    return tuple(found)


def _bounds(verdict: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return the lower and the upper limit of a verdict; one that says neither has an upper one."""
    body, limit = verdict["body"], verdict["limit_value"]
    low, high = body.get("low"), body.get("high")
    if low is None and high is None:
        return None, limit
    # The verdict's own limit is the one that counted: with a share, or rounded.
    if low is None:
        return None, limit if limit is not None else high
    return (limit if high is None and limit is not None else low), high


def point_key(registry: Registry | None, point: int) -> PointKey | None:
    """Return (site, place, factor) of the point with the number *point*."""
    return next((key for key, number in registry.points.items() if number == point), None) if registry else None


def raw_points(registry: Registry | None, point: int) -> dict[int, str]:
    """Return point → name of the sent series behind *point*: its own where it is sent, else those of its place's device."""
    key = point_key(registry, point)
    if registry is None or key is None:
        return {}
    site = next((one for one in registry.document.sites if one.id == key[0]), None)
    if site is None:
        return {}
    devices = {
        **{one.id: one.device for one in site.outlets},
        **{one.id: one.device for one in site.stacks},
        **{one.id: one.device for one in site.boilers},
    }
    device = devices.get(key[1], key[1])
    sent = [one for one in site.devices if one.id == device]
    named = {
        registry.points[
            site.id, device, one.factor
        ]: f"{FACTORS[one.factor].zh if one.factor in FACTORS else one.factor}"
        for found in sent
        for one in found.points
    }
    first = [number for number in named if number == point or _is_converted(registry, number, key[2])]
    return {number: named[number] for number in [*first, *(one for one in named if one not in first)]}


def _is_converted(registry: Registry, sent: int, factor: str) -> bool:
    key = point_key(registry, sent)
    return key is not None and converted_factor(key[2]) == factor


async def readings(db: Database, point: int, since: datetime, until: datetime, after: datetime) -> list[dict[str, Any]]:
    """Return one page of the stored readings of *point* from *since* until before *until*, those later than *after*."""
    return await db.fetch_dicts(
        "desk_page_readings", point=point, since=since, until=until, after=after, at_most=READINGS + 1
    )
