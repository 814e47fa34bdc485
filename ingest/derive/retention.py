"""Drops what is older than it is kept: raw readings by whole rooms, and never before the values derived from them exist.

The order is refresh → verify → drop: an hour of an old room without its derived value is marked for deriving, and the
room and all younger ones wait until it has one. Verdicts, incidents and their history are never dropped.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import DatabaseError
from schemas.registry import store
from schemas.runtime import database, logs
from schemas.runtime.clock import now as present
from schemas.times import DAY

if TYPE_CHECKING:
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
_AT_ONCE = 20_000
_DAYS_AHEAD = 3
_TRY_AGAIN_S = 60.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What was, or in a dry run would be, done with one room or table. *waits* says why it was not."""

    what: str
    before: datetime
    rows: int = 0
    waits: str = ""


async def drop_old(db: Database, settings: Settings, now: datetime, *, dry_run: bool = False) -> list[Step]:
    """Drop what is older than it is kept; return the steps. In a dry run nothing is changed."""
    keep = settings.retention
    steps = await _drop_rooms(db, now - timedelta(days=keep.raw_days), dry_run=dry_run)
    # A reading still there must lead back to its bytes: batches stay as long as the oldest room.
    oldest = await db.fetch("room_list", before=now + 2 * DAY)
    batches_before = min([now - timedelta(days=keep.raw_days), *(since for _, since, _ in oldest[:1])])
    derived_before = now - timedelta(days=keep.derived_days)
    for table, before in (
        ("batch", batches_before),
        ("rejection", now - timedelta(days=keep.rejection_days)),
        ("hourly", derived_before),
        ("daily", derived_before),
    ):
        rows = (await db.fetch(f"{table}_old", before=before))[0][0]
        while not dry_run and await db.execute(f"{table}_drop", before=before, at_most=_AT_ONCE):
            pass
        if rows:
            steps.append(Step(what=table, before=before, rows=rows))
    return steps


async def _drop_rooms(db: Database, before: datetime, *, dry_run: bool) -> list[Step]:
    registry = await store.current(db)
    points = list(registry.points.values()) if registry is not None else []
    steps: list[Step] = []
    for room, since, until in await db.fetch("room_list", before=before):
        async with db.transaction():
            await db.execute("retention_patience")
            if not (await db.fetch("retention_lock"))[0][0]:
                return [*steps, Step(what=room, before=until, waits="另一进程正在清理 (another process is at it)")]
            waits = await _why_not(db, since, until, points, dry_run=dry_run)
            if not waits and not dry_run:
                await db.execute("room_drop", until=until)
        steps.append(Step(what=room, before=until, waits=waits))
        if waits:
            break
    return steps


async def _why_not(db: Database, since: datetime, until: datetime, points: list[int], *, dry_run: bool) -> str:
    """Return why a room must not be dropped yet; what is missing is marked for deriving."""
    waiting = (await db.fetch("room_stale", since=since, until=until))[0][0]
    if waiting:
        return f"{waiting} 个时段待计算 (hours are marked to be derived)"
    missing = await db.fetch("room_underived", since=since, until=until, points=points)
    if not missing:
        return ""
    if not dry_run:
        await db.execute(
            "room_refresh",
            hours=[hour for hour, _ in missing],
            points=["{" + ",".join(map(str, ids)) + "}" for _, ids in missing],
        )
    return f"{len(missing)} 个小时尚无计算值 (hours have no derived value yet)"


async def keep(settings: Settings) -> None:
    """Make room ahead and drop what is old, again and again, until cancelled."""
    while True:
        pause_s = settings.retention.every_h * 3600
        try:
            async with database.connect(settings.database_url or "", "monitor-retention", answer_within_s=1800) as db:
                today = present().date()
                await db.execute("room_ahead", days=[today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD)])
                for step in await drop_old(db, settings, present()):
                    (_LOG.warning if step.waits else _LOG.info)(
                        "retention", what=step.what, before=step.before.isoformat(), rows=step.rows, waits=step.waits
                    )
        except DatabaseError as exc:
            _LOG.warning("retention put off", error=str(exc))
            pause_s = _TRY_AGAIN_S
        await asyncio.sleep(pause_s)
