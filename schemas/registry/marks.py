"""Marks 标记: a person says of a period that an instrument or a plant was not in its normal state, and why.

The raw readings stay as they are; the windows the mark touches are derived and judged again, in the same transaction that
stores it (announcement 2022 No. 21; house reference 3.4). A mark is never changed: it is withdrawn, and that is kept too.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import MARK_KIND_ZH, MarkKind
from schemas.errors import UseError
from schemas.registry import store
from schemas.registry.derived import instant_points
from schemas.times import DAY, HOUR, SHANGHAI, hour_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_LONGEST = 366 * DAY
_LEAST_REASON = 4
#: The usual cut-off for marks by hand: noon of the next day. Later ones are kept and said to be late (reference 3.4, unverified).
_CUT_OFF = time(12)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What a person marks: *factors* of a device (all where empty), from *since* until before *until* (aware instants)."""

    site: str
    device: str
    kind: MarkKind
    since: datetime
    until: datetime
    reason: str
    made_by: str
    factors: tuple[str, ...] = ()
    evidence: str = ""


async def add(db: Database, mark: Mark, now: datetime) -> int:
    """Store *mark* and have all it touches derived again; return its number.

    Raises:
        UseError: naming the field that is wrong, and the mend.

    """
    async with db.transaction():
        registry = await store.current(db)
        if registry is None:
            raise UseError("尚无注册表 (no registry is applied).", "monitor registry apply FILE")
        points = _points(registry, mark, now)
        rows = await db.fetch(
            "mark_insert",
            site_id=mark.site, device_id=mark.device, point_ids=points, kind=mark.kind.value, since=mark.since,
            until=mark.until, reason=mark.reason.strip(), evidence=mark.evidence.strip(), made_by=mark.made_by,
        )  # fmt: skip
        await _derive_again(db, points, mark.since, mark.until)
    return int(rows[0][0])


async def withdraw(db: Database, mark_id: int, by: str) -> None:
    """Take the mark *mark_id* back and have all it touched derived again.

    Raises:
        UseError: there is no such mark in force, or nobody called *by*.

    """
    async with db.transaction():
        registry = await store.current(db)
        if registry is not None:
            _person(registry, by)
        rows = await db.fetch("mark_withdraw", mark_id=mark_id, withdrawn_by=by)
        if not rows:
            raise UseError(f"没有有效的标记 {mark_id} (no mark of that number is in force).", "monitor mark list")
        points, since, until = rows[0]
        await _derive_again(db, points, since, until)


async def listed(db: Database, site: str = "", device: str = "", at_most: int = 100) -> list[dict[str, Any]]:
    """Return the newest marks of a site or device, those withdrawn too."""
    return await db.fetch_dicts("mark_list", site=site, device=device, at_most=at_most)


def is_late(since: datetime, made_at: datetime) -> bool:
    """Say whether a mark was made after noon of the day that follows the day it begins on."""
    due = datetime.combine(since.astimezone(SHANGHAI).date() + DAY, _CUT_OFF, SHANGHAI)
    return made_at > due


async def _derive_again(db: Database, points: Sequence[int], since: datetime, until: datetime) -> None:
    kept = (await db.fetch("room_first"))[0][0]
    first = hour_of(since) if kept is None else max(hour_of(since), hour_of(kept))
    last = hour_of(until - timedelta(microseconds=1)) + HOUR
    await db.execute("stale_span", points=list(points), since=first, until=last, whole=True)
    registry = await store.current(db)
    singly = sorted(instant_points(registry).intersection(points)) if registry is not None else []
    if singly:
        await db.execute("facts_again", bases=["instant"], points=singly, since=since, until=until)


def _points(registry: Registry, mark: Mark, now: datetime) -> list[int]:
    _person(registry, mark.made_by)
    sites = {site.id: site for site in registry.document.sites}
    site = sites.get(mark.site)
    if site is None:
        raise UseError(f"没有这个站点 unknown site: {mark.site}.", f"use one of: {', '.join(sorted(sites))}")
    devices = {device.id: device for device in site.devices}
    device = devices.get(mark.device)
    if device is None:
        raise UseError(f"没有这个设备 unknown device: {mark.device}.", f"use one of: {', '.join(sorted(devices))}")
    known = [point.factor for point in device.points]
    unknown = [factor for factor in mark.factors if factor not in known]
    if unknown:
        raise UseError(f"设备没有这个因子 unknown factor: {', '.join(unknown)}.", f"use one of: {', '.join(known)}")
    if mark.since.tzinfo is None or mark.until.tzinfo is None or not mark.since < mark.until:
        raise UseError("起止时间不对 since must be before until.", "--from and --to as 2026-11-20T08:00:00+08:00")
    if mark.until > now:
        raise UseError(
            "不能标记将来 the period is not over.", f"--to no later than {now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
        )
    if mark.until - mark.since > _LONGEST:
        raise UseError("标记超过一年 longer than a year.", "mark it in parts")
    if len(mark.reason.strip()) < _LEAST_REASON:
        zh = MARK_KIND_ZH[mark.kind]
        raise UseError("须写明原因 the reason is missing or too short.", f'--reason "what happened during {zh}"')
    return [registry.points[mark.site, mark.device, factor] for factor in (mark.factors or known)]


def _person(registry: Registry, name: str) -> None:
    people = [person.id for person in registry.document.people]
    if name not in people:
        raise UseError(
            f"没有这个人 unknown person: {name}.", f"--by one of: {', '.join(people) or '—'}; register them first"
        )
