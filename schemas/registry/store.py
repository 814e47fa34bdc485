"""The registry in the database: whole documents by version, each with what it changed, applied in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.registry.derived import PointKey, point_keys
from schemas.registry.diff import diff
from schemas.registry.model import Document
from schemas.runtime import database

if TYPE_CHECKING:
    from schemas.registry.diff import Change
    from schemas.runtime.database import Database

_READINGS_PER_ROOM = 10_000_000
_MOST_ROOM_DAYS = 7


class Registry(msgspec.Struct, frozen=True):
    """The registry in force and the numbers of its points; a key is (site, device, factor).

    A series derived for a boiler, outlet, stack or energy balance stands under its id in the device's place.
    """

    version_id: int
    document: Document
    points: dict[PointKey, int]


async def current(db: Database) -> Registry | None:
    """Return the registry in force, or None where none was ever applied."""
    rows = await db.fetch("registry_current")
    if not rows:
        return None
    document = Document.model_validate(rows[0][1])
    points = await _points(db)
    # A later version of the program derives more series than the one that applied this registry.
    missing = [key for key in point_keys(document) if key not in points]
    if missing:
        await _number(db, missing)
        points = await _points(db)
    return Registry(rows[0][0], document, points)


async def _points(db: Database) -> dict[PointKey, int]:
    return {(site, device, factor): number for site, device, factor, number in await db.fetch("point_list")}


async def _number(db: Database, keys: list[PointKey]) -> None:
    await db.execute_many("point_insert", [{"site_id": s, "device_id": d, "factor": f} for s, d, f in keys])


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
        await _number(db, point_keys(document))
        await db.execute("room_size", days=room_days(document))
    return changes


def room_days(document: Document) -> int:
    """Return how many days of *document*'s readings one room (chunk) should hold: about ten million, a week at most."""
    points = [point for site in document.sites for device in site.devices for point in device.points]
    per_day = sum(86_400 / point.interval_s for point in points)
    return max(1, min(_MOST_ROOM_DAYS, round(_READINGS_PER_ROOM / max(per_day, 1))))
