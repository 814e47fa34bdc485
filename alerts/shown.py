"""The registry in force as flat tables for screens: filled again when it, the catalogue, the rules or the day have changed.

Grafana has no Python: what a point is called, whose it is and what judges it must stand in tables. Rows that say the same
stay untouched, so a board never sees the tables empty, and a refresh without news costs one small query.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

from alerts.judge.families import subjects_of
from alerts.judge.watching import Watching
from schemas.catalog.enums import SITE_KIND_ZH, PointKind
from schemas.catalog.factors import FACTORS
from schemas.digest import digest
from schemas.registry import store
from schemas.registry.derived import ENERGY_BALANCE, point_keys
from schemas.runtime.clock import now
from schemas.runtime.database import json
from schemas.times import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.registry.model import Document, Outlet, Site, Stack
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

#: Goes up when the tables are filled otherwise from the same registry.
_FORM = 1
_ENERGY_ZH = "能源平衡"
Row = dict[str, Any]


async def refresh(
    db: Database,
    rules: Mapping[str, Rule],
    *,
    today: date | None = None,
    registry: Registry | None = None,
    judged: Sequence[Subject] | None = None,
) -> bool:
    """Fill the tables shown_… from the registry in force; say whether anything was new.

    May be called by several processes at once, inside a transaction or not. *today* (a Shanghai day; None: now) decides which
    boilers the plan's efficiency binds. *registry* in force and all that is *judged* under it: where the caller has just
    read them off. Without a registry in force nothing happens.

    Raises:
        DatabaseUnavailableError: no connection; the tables are as before.

    """
    today = today or day_of(now())
    said = digest((_FORM, _catalogue(), dict(rules), today))
    if await _stands(db, said):
        return False
    async with db.transaction():
        await db.execute("shown_lock")
        # Another may have filled them while we waited.
        if await _stands(db, said):
            return False
        registry = registry or await store.current(db)
        assert registry is not None, "a version is in force"
        if judged is None:
            # Of hundreds of sites it takes a second, and others wait on this loop.
            judged = await asyncio.to_thread(_judged, registry, Watching(db), today)
        await db.execute("shown_rules", rows=json(_rules(rules)))
        await db.execute("shown_bureaus", rows=json(_bureaus(registry.document)))
        await db.execute("shown_sites", rows=json(_sites(registry.document)))
        await db.execute("shown_points", rows=json(_points(registry)))
        await db.execute("shown_subjects", rows=json(_subjects(judged, rules)))
        await db.execute("shown_said", version=registry.version_id, digest=said)
    return True


def _judged(registry: Registry, watching: Watching, today: date) -> list[Subject]:
    watching.learn(registry)
    return [*subjects_of(registry, today), *watching.subjects()]


async def _stands(db: Database, said: str) -> bool:
    """Say whether the tables hold the registry in force as *said*, or there is none to hold."""
    rows = await db.fetch("shown_stands", digest=said)
    return not rows or bool(rows[0][0])


@cache
def _catalogue() -> str:
    return digest(FACTORS)


def _rules(rules: Mapping[str, Rule]) -> list[Row]:
    return [
        {
            "rule": name,
            "name": rule.zh,
            "task": rule.task or None,
            "level": rule.level,
            "lead_bureau": rule.lead_bureau,
        }
        for name, rule in rules.items()
    ]


def _bureaus(document: Document) -> list[Row]:
    return [{"bureau_id": one.id, "name": one.name} for one in document.bureaus]


def _sites(document: Document) -> list[Row]:
    bureaus = {one.id: one.name for one in document.bureaus}
    return [
        {
            "site_id": site.id,
            "name": site.name,
            "kind": site.kind,
            "kind_zh": SITE_KIND_ZH[site.kind],
            "town": site.town,
            "bureau_id": site.lead_bureau,
            "bureau": bureaus.get(site.lead_bureau, site.lead_bureau),
        }
        for site in document.sites
    ]


def _points(registry: Registry) -> list[Row]:
    """One row for each series: those devices send with their interval, those we derive without."""
    places = {(site.id, place): said for site in registry.document.sites for place, said in _places(site)}
    sent = {
        (site.id, device.id, point.factor): point
        for site in registry.document.sites
        for device in site.devices
        for point in device.points
    }
    rows = []
    for key in point_keys(registry.document):
        site, place, factor = key
        point, its = sent.get(key), FACTORS[factor]
        rows.append(
            {
                "point_id": registry.points[key],
                "site_id": site,
                "place": place,
                "factor": factor,
                "name": its.zh,
                "unit": its.unit,
                "decimals": its.decimals,
                "interval_s": point.interval_s if point else None,
                "counter": bool(point and point.kind is PointKind.COUNTER),
                **places[site, place],
            }
        )
    return rows


def _places(site: Site) -> Iterable[tuple[str, Row]]:
    """Yield what the series of *site* stand under; a device that serves an outlet or stack belongs to it."""
    ends: list[Outlet | Stack] = [*site.outlets, *site.stacks]
    serves = {one.device: one.id for one in reversed(ends)}
    for device in site.devices:
        yield device.id, {"place_name": device.name, "place_kind": "device", "outlet": serves.get(device.id, "")}
    for outlet in site.outlets:
        yield outlet.id, {"place_name": outlet.name, "place_kind": "outlet", "outlet": outlet.id}
    for stack in site.stacks:
        yield stack.id, {"place_name": stack.name, "place_kind": "stack", "outlet": stack.id}
    for boiler in site.boilers:
        yield boiler.id, {"place_name": boiler.name, "place_kind": "boiler", "outlet": ""}
    yield ENERGY_BALANCE, {"place_name": _ENERGY_ZH, "place_kind": "energy", "outlet": ""}


def _subjects(judged: Iterable[Subject], rules: Mapping[str, Rule]) -> list[Row]:
    """Return a row for each thing a rule judges; what is judged by the clock alone has no point."""
    rows = {
        (one.rule, one.key): {
            "rule": one.rule,
            "subject": one.key,
            "site_id": one.site_id,
            "title": one.title,
            "point_id": one.point_id or None,
            "factor": one.factor,
            "basis": one.basis,
        }
        for one in judged
        if one.rule in rules and rules[one.rule].enabled
    }
    return list(rows.values())
