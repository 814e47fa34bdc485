"""Recompute and judge a span again: all of it in one transaction, which a dry run rolls back.

The same stored facts give the same verdicts (promise 9): what this changes was changed by the program, the registry or late data.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from alerts.judge.round import Round
from alerts.judge.subjects import subjects
from schemas.errors import UseError
from schemas.registry import store
from schemas.times import HOUR, day_of, hour_of

if TYPE_CHECKING:
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings


class Derive(Protocol):
    """Derives what is marked stale until nothing is; returns how many hours."""

    async def __call__(self, db: Database, now: datetime) -> int:  # noqa: D102 - the class says it
        ...


class Change(NamedTuple):
    """One window before and after; None where there was, or is, no verdict."""

    rule: str
    subject: str
    window_start: datetime
    outcome: str | None
    value: float | None
    limit_id: str | None
    new_outcome: str | None
    new_value: float | None
    new_limit_id: str | None


class Replayed(NamedTuple):
    """What a replay did, or in a dry run would do. *incidents*: (kind, rule, subject, began at, level, title)."""

    hours: int
    verdicts: int
    changes: list[Change]
    incidents: list[tuple[str, str, str, datetime, str, str]]


class _RollBackError(Exception):
    """Ends a dry run's transaction."""


async def replay(
    db: Database,
    settings: AlertSettings,
    span: tuple[datetime, datetime],
    derive: Derive,
    *,
    now: datetime,
    dry_run: bool,
) -> Replayed:
    """Derive and judge *span* (from, until; aware instants) again from the stored readings; return what changed.

    Raises:
        UseError: the span is empty, lies in the future, or there is no registry.

    """
    since, until = span
    if not since < until or since > now:
        raise UseError(
            "起止时间不对 --from must be before --to, and not in the future.", "--from 2026-11-01 --to 2026-11-08"
        )
    done: Replayed | None = None
    try:
        async with db.transaction():
            done = await _replay(db, settings, (since, min(until, now)), derive, now)
            if dry_run:
                raise _RollBackError  # noqa: TRY301 - it must leave the transaction
    except _RollBackError:
        # The result is all that was wanted of it.
        pass
    assert done is not None, "the transaction ends with a result or an error of its own"
    return done


async def _replay(
    db: Database, settings: AlertSettings, span: tuple[datetime, datetime], derive: Derive, now: datetime
) -> Replayed:
    registry = await store.current(db)
    if registry is None:
        raise UseError("尚无注册表 (no registry is applied).", "monitor registry apply FILE")
    since, until = span
    # Hours whose readings are no longer kept stand as they were derived.
    kept = (await db.fetch("room_first"))[0][0]
    first = hour_of(since) if kept is None else max(hour_of(since), hour_of(kept))
    sent = [
        registry.points[site.id, device.id, point.factor]
        for site in registry.document.sites
        for device in site.devices
        for point in device.points
    ]
    await db.fetch("derive_lock")
    await db.fetch("judge_lock")
    last = hour_of(until) if until == hour_of(until) else hour_of(until) + HOUR
    await db.execute("stale_span", points=sorted(sent), since=first, until=last, whole=True)
    hours = await derive(db, now)
    watched = {(one.basis, point) for one in subjects(registry, day_of(now)) for point in one.watch}
    for basis in ("hour", "day", "month"):
        points = sorted(point for its, point in watched if its == basis)
        await db.execute("facts_again", bases=[basis], points=points, since=since, until=until)
    judge, verdicts = Round(db, settings), 0
    while (done := await judge.round(now)).facts:
        verdicts += done.verdicts
    changes = [Change._make(row) for row in await db.fetch("judge_changes")]
    incidents = [tuple(row) for row in await db.fetch("incident_changes")]
    return Replayed(hours, verdicts, changes, incidents)
