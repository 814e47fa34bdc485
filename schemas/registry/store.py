"""The registry in the database: whole documents by version, each with what it changed, applied in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import SiteKind
from schemas.registry.diff import diff
from schemas.registry.model import Document
from schemas.runtime import database

if TYPE_CHECKING:
    from schemas.registry.diff import Change
    from schemas.runtime.database import Database

#: A derived series lives under the thing it is derived for: the boiler, or the site's energy balance.
ENERGY_BALANCE = "energy"
EFFICIENCY = "yx_b_efficiency"
TCE = "yx_e_tce"
_READINGS_PER_ROOM = 10_000_000
_MOST_ROOM_DAYS = 7

PointKey = tuple[str, str, str]


class Registry(msgspec.Struct, frozen=True):
    """The registry in force and the numbers of its points; a key is (site, device, factor)."""

    version_id: int
    document: Document
    points: dict[PointKey, int]


async def current(db: Database) -> Registry | None:
    """Return the registry in force, or None where none was ever applied."""
    rows = await db.fetch("registry_current")
    if not rows:
        return None
    points = {(site, device, factor): number for site, device, factor, number in await db.fetch("point_list")}
    return Registry(rows[0][0], Document.model_validate(rows[0][1]), points)


async def apply(db: Database, document: Document, *, applied_by: str) -> list[Change]:
    """Make *document* the registry in force; return what it changed. Without a change nothing is written."""
    async with db.transaction():
        await db.execute("registry_lock")
        before = await current(db)
        changes = diff(before.document if before else None, document)
        if not changes:
            return []
        await db.execute("registry_close")
        body = document.model_dump(mode="json", exclude_none=True)
        rows = await db.fetch("registry_insert", applied_by=applied_by, document=database.json(body))
        await db.execute_many(
            "registry_change_insert",
            [
                {
                    "version_id": rows[0][0],
                    "kind": change.kind,
                    "key": change.key,
                    "action": change.action,
                    "before": database.json(change.before) if change.before else None,
                    "after": database.json(change.after) if change.after else None,
                }
                for change in changes
            ],
        )
        keys = [{"site_id": s, "device_id": d, "factor": f} for s, d, f in point_keys(document)]
        await db.execute_many("point_insert", keys)
        await db.execute("room_size", days=room_days(document))
    return changes


def room_days(document: Document) -> int:
    """Return how many days of *document*'s readings one room (chunk) should hold: about ten million, a week at most."""
    points = [point for site in document.sites for device in site.devices for point in device.points]
    per_day = sum(86_400 / point.interval_s for point in points)
    return max(1, min(_MOST_ROOM_DAYS, round(_READINGS_PER_ROOM / max(per_day, 1))))


def point_keys(document: Document) -> list[PointKey]:
    """Return the keys of all series of *document*: those devices send, then those we derive."""
    keys: list[PointKey] = []
    for site in document.sites:
        keys += [(site.id, device.id, point.factor) for device in site.devices for point in device.points]
        keys += [(site.id, boiler.id, EFFICIENCY) for boiler in site.boilers]
        if site.kind is SiteKind.ENERGY_UNIT or site.budgets:
            keys.append((site.id, ENERGY_BALANCE, TCE))
    return keys
