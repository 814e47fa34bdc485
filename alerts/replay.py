"""Recompute and judge a span again: all of it in one transaction, which a dry run rolls back.

The same stored facts give the same verdicts (promise 9): what this changes was changed by the program, the registry or late data.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from alerts.judge import rules
from alerts.judge.families import subjects_of
from alerts.judge.round import Round
from alerts.judge.rules_file import RulesFile
from alerts.judge.signals.registry import known_numbers
from alerts.policy_file import PolicyFile
from alerts.telling import Teller
from schemas.errors import UseError
from schemas.registry import store
from schemas.times import HOUR, day_of, hour_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.judge.rules import Rule
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


class Lasted(NamedTuple):
    """One incident of the span as it stands."""

    rule: str
    subject: str
    began_at: datetime
    ended_at: datetime | None
    state: str
    level: str
    title: str


class Differs(NamedTuple):
    """One incident as it was and as it would be; None where there was, or would be, none."""

    was: Lasted | None
    would_be: Lasted | None


class Replayed(NamedTuple):
    """What a replay did, or in a dry run would do. *incidents*: all of the span as they stand after it."""

    hours: int
    verdicts: int
    changes: list[Change]
    incidents: list[Lasted]
    differences: list[Differs]


class _RollBackError(Exception):
    """Ends a dry run's transaction."""


async def replay(  # noqa: PLR0913 - how a span is judged again
    db: Database,
    settings: AlertSettings,
    span: tuple[datetime, datetime],
    derive: Derive,
    *,
    now: datetime,
    dry_run: bool,
    by: Mapping[str, Rule] | None = None,
) -> Replayed:
    """Derive and judge *span* (from, until; aware instants) again from the stored readings; return what changed.

    *by*: rules to try in place of those in force; that is never written.

    Raises:
        UseError: the span is empty, lies in the future, there is no registry, or other rules were to be written.

    """
    since, until = span
    if by is not None and not dry_run:
        raise UseError("试用规则只能试算，不能写入 (other rules are tried, never written).", "Add --dry-run.")
    if not since < until or since > now:
        raise UseError(
            "起止时间不对 --from must be before --to, and not in the future.", "--from 2026-11-01 --to 2026-11-08"
        )
    done: Replayed | None = None
    try:
        async with db.transaction():
            done = await _replay(db, _judge(db, settings, by, span), (since, min(until, now)), derive, now)
            if dry_run:
                raise _RollBackError  # noqa: TRY301 - it must leave the transaction
    except _RollBackError:
        # The result is all that was wanted of it.
        pass
    assert done is not None, "the transaction ends with a result or an error of its own"
    return done


def _judge(
    db: Database, settings: AlertSettings, by: Mapping[str, Rule] | None, span: tuple[datetime, datetime]
) -> Round:
    """Return who judges *span* by the rules and the policy in force, or by those that are tried."""
    held = RulesFile(settings.rules_file, known_numbers())
    teller = Teller(db, settings, PolicyFile(settings.policy_file, rules.load()).current)
    found = Round(db, settings, by=by, teller=teller, again=span)
    if by is None:
        found.obey(held.current, held.version)
    return found


async def _replay(
    db: Database, judge: Round, span: tuple[datetime, datetime], derive: Derive, now: datetime
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
    watched = {(one.basis, point) for one in subjects_of(registry, day_of(now)) for point in one.watch}
    for basis in ("instant", "hour", "day", "month"):
        points = sorted(point for its, point in watched if its == basis)
        await db.execute("facts_again", bases=[basis], points=points, since=since, until=until)
    before, verdicts = await _lasted(db, since, until), 0
    while (done := await judge.round(now)).facts:
        verdicts += done.verdicts
    after = await _lasted(db, since, until)
    changes = [Change._make(row) for row in await db.fetch("judge_changes")]
    return Replayed(hours, verdicts, changes, after, differences(before, after))


async def _lasted(db: Database, since: datetime, until: datetime) -> list[Lasted]:
    return [Lasted._make(row) for row in await db.fetch("incident_between", since=since, until=until)]


def differences(before: Sequence[Lasted], after: Sequence[Lasted]) -> list[Differs]:
    """Return what differs, by rule, subject and time; an incident that merely begins earlier or later is one that differs."""
    found, left = [], list(before)
    for one in after:
        same = [old for old in left if (old.rule, old.subject) == (one.rule, one.subject) and _overlap(old, one)]
        was = min(same, key=lambda old: abs(old.began_at - one.began_at), default=None)
        if was is not None:
            left.remove(was)
        if was != one:
            found.append(Differs(was, one))
    found += [Differs(old, None) for old in left]
    return sorted(found, key=lambda one: (one.would_be or one.was or _NOBODY)[:3])


_NOBODY = Lasted("", "", datetime.fromisoformat("1970-01-01T00:00:00Z"), None, "", "", "")


def _overlap(one: Lasted, other: Lasted) -> bool:
    return (other.ended_at is None or one.began_at <= other.ended_at) and (
        one.ended_at is None or other.began_at <= one.ended_at
    )
