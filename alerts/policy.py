"""Who is told, when, and when the next one is called. Pure: time and policy come in, each decision says its reason.

The tables stand in `alerts.policy_file`, whether notices are held back at all in `alerts.muting`; both may be had from here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import msgspec

from alerts import workdays
from alerts.muting import Case, Silence, muted_by, muted_zh
from alerts.policy_file import Audience, Policy, PolicyFile, Storm, load
from schemas.catalog.duty import EventKind
from schemas.catalog.enums import LEVEL_ZH, Level
from schemas.errors import UseError
from schemas.times import DAY, SHANGHAI

if TYPE_CHECKING:
    from alerts.workdays import Calendar

__all__ = [
    "NOBODY_YET", "Audience", "Call", "Case", "Deadlines", "Occasion", "Opening", "Policy", "PolicyFile", "Silence", "Step", "Storm",
    "Tell", "ack_until", "after_opening", "call_due", "deadlines", "load", "muted_by", "muted_zh", "next_rung", "not_before",
    "who_is_told",
]  # fmt: skip

#: The rung of an incident of which nobody has been called yet.
NOBODY_YET = -1
_GRAVITY = list(Level)
#: What people do: told whether or not the incident is news, or muted.
_ACTS = frozenset(
    {EventKind.ACKED, EventKind.NOTED, EventKind.FEEDBACK, EventKind.REASSIGNED, EventKind.SETTLED, EventKind.UNSETTLED}
)
#: The end of a thing is told to all who were told of its beginning, muted or not.
_ENDS = frozenset({EventKind.CLOSED, EventKind.WITHDRAWN})
#: An acknowledgement holds nobody back from these: it was of something less, is over, or was given in vain.
_DESPITE_ACK = frozenset({EventKind.LEVEL, EventKind.ACK_EXPIRED, EventKind.UNSETTLED, EventKind.OVERDUE})
_WHOM = {
    Audience.RUNG: "通知当前一级值班人 (whoever is on the current rung)",
    Audience.TOLD: "通知此前已通知的人 (all who were told before)",
    Audience.ASSIGNEE: "通知承办人 (whoever has it in hand)",
    Audience.CHIEFS: "通知牵头单位负责人 (the lead bureau's chiefs)",
}
#: By whether it is the first call, and whether that rung was called before.
_CALLS = {
    (True, False): "首次通知 (the first call)",
    (False, False): "无人签收，通知下一级 (nobody took it on: the next rung)",
    (False, True): "仍无人签收，重复通知 (still nobody took it on: called again)",
}


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an incident, and how it stands. *told_before*: the kinds that people were told of it so far.

    *is_news*: false for what a backlog reveals of long ago.
    """

    kind: EventKind
    level: Level
    level_before: Level | None = None
    muted: str | None = None
    acked_until: datetime | None = None
    told_before: frozenset[str] = frozenset()
    is_news: bool = True


class Tell(msgspec.Struct, frozen=True):
    """Who is told, and why or why not. *ends_ack*: an acknowledgement given before holds no longer."""

    audience: Audience
    reason: str
    ends_ack: bool = False


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """When an incident must be acknowledged 签收, first reported on 反馈, supervised 督办 and closed 销号 (UTC)."""

    ack_due: datetime
    feedback_due: datetime
    supervise_due: datetime
    close_due: datetime


class Step(msgspec.Struct, frozen=True):
    """The *rung* that is called next, and *at* what time (UTC); *repeat*: it was called before."""

    rung: int
    at: datetime
    repeat: bool
    reason: str


class Opening(msgspec.Struct, frozen=True):
    """What an opening brings: *rung* 0 is called now, or nobody yet (`NOBODY_YET`); *next_step_at* (UTC): when the next is."""

    rung: int
    next_step_at: datetime
    reason: str


class Call(msgspec.Struct, frozen=True):
    """Who is called now, as what the history has it."""

    rung: int
    kind: EventKind
    repeat: bool
    reason: str


class Called(Protocol):
    """What the ladder asks of an incident; the desk's own record of one has it."""

    @property
    def level(self) -> Level:
        """Its level as it is now."""

    @property
    def live(self) -> bool:
        """Whether it lasts and nobody has closed it."""

    @property
    def muted(self) -> str | None:
        """Why nobody is told of it, or None."""

    @property
    def rung(self) -> int:
        """The rung that was called last."""

    @property
    def ladder_at(self) -> datetime | None:
        """When the next one is due, or None."""

    @property
    def acked_until(self) -> datetime | None:
        """When its acknowledgement ends or ended, or None."""


def who_is_told(policy: Policy, occasion: Occasion, now: datetime) -> Tell:
    """Return who is told of *occasion*, or the gravest reason why nobody is."""
    audience = policy.told[occasion.kind]
    if audience is Audience.NOBODY:
        return Tell(audience, "此类事项只记录，不通知 (recorded, told to nobody)")
    reason = _why_nobody(occasion, audience)
    if reason is not None:
        return Tell(Audience.NOBODY, reason)
    if occasion.acked_until is not None and now < occasion.acked_until:
        return _acknowledged(occasion, audience)
    return Tell(audience, _WHOM[audience])


def not_before(policy: Policy, level: Level, now: datetime, calendar: Calendar) -> datetime:
    """Return the first instant (UTC), not before *now*, at which people may be called for *level*.

    Levels with hours "work" wait for a working hour of a working day in Beijing.
    """
    if policy.of(level).hours == "always":
        return now.astimezone(UTC)
    local = now.astimezone(SHANGHAI)
    day, hour = local.date(), local.time()
    if calendar.is_workday(day) and hour < policy.hours.until:
        begins = datetime.combine(day, policy.hours.since, SHANGHAI)
        return max(local, begins).astimezone(UTC)
    day += DAY
    while not calendar.is_workday(day):
        day += DAY
    return datetime.combine(day, policy.hours.since, SHANGHAI).astimezone(UTC)


def deadlines(policy: Policy, level: Level, at: datetime, calendar: Calendar) -> Deadlines:
    """Return what is due when for an incident of *level* that opened *at*: house reference 8.

    Where people are called in working hours only, time runs from the first of them.
    """
    one, since = policy.of(level), not_before(policy, level, at, calendar)
    return Deadlines(
        ack_due=since + timedelta(minutes=one.ack_min),
        feedback_due=since + timedelta(hours=one.feedback_h),
        supervise_due=since + timedelta(hours=one.supervise_h),
        close_due=workdays.add_workdays(since, one.close_workdays, calendar),
    )


def after_opening(policy: Policy, level: Level, at: datetime, *, rungs: int, calendar: Calendar) -> Opening:
    """Return what an opening *at* brings: the first rung at once, or in the first working hour; and when the next is due."""
    first = not_before(policy, level, at, calendar)
    if first > at:
        return Opening(NOBODY_YET, first, f"{LEVEL_ZH[level]}事件等到工作时间再通知 (waits for working hours)")
    step = next_rung(policy, level, 0, at, rungs=rungs, calendar=calendar)
    return Opening(0, step.at, "立即通知值班人 (whoever is on duty is called at once)")


def next_rung(policy: Policy, level: Level, rung: int, told_at: datetime, *, rungs: int, calendar: Calendar) -> Step:
    """Return who is called after *rung* (`NOBODY_YET`: nobody was), which was called at *told_at*, and when.

    *rungs*: how many the roster's ladder has (0 counts as 1: the channels told instead). The last one is called again and
    again; so is one beyond which the roster has grown shorter.
    """
    following = _following(policy, level, rung, rungs)
    one = policy.of(level)
    if rung < 0:
        wait = timedelta()
    elif following > rung:
        wait = timedelta(minutes=one.ladder_min[min(rung, len(one.ladder_min) - 1)])
    else:
        wait = timedelta(hours=one.repeat_h)
    at = not_before(policy, level, told_at + wait, calendar)
    return Step(following, at, repeat=following <= rung, reason=_CALLS[rung < 0, following <= rung])


def call_due(policy: Policy, case: Called, now: datetime, *, rungs: int) -> Call | None:
    """Return who is to be called for *case* now, or None. Nobody is called before the time, while acknowledged, muted or over.

    An acknowledgement that has ended calls the rung at which it stopped the ladder. Call what is returned, then ask
    `next_rung` for the next time.
    """
    if not case.live or case.muted is not None:
        return None
    if case.acked_until is not None:
        if now < case.acked_until:
            return None
        rung = min(max(case.rung, 0), max(rungs, 1) - 1)
        return Call(
            rung, EventKind.ACK_EXPIRED, repeat=True, reason="签收已到期，事件未结束 (the acknowledgement has ended)"
        )
    if case.ladder_at is None or now < case.ladder_at:
        return None
    rung = _following(policy, case.level, case.rung, rungs)
    return Call(rung, EventKind.ESCALATED, repeat=rung <= case.rung, reason=_CALLS[case.rung < 0, rung <= case.rung])


def ack_until(
    policy: Policy, level: Level, now: datetime, asked_h: float | None = None, calendar: Calendar = workdays
) -> datetime:
    """Return until when an acknowledgement given *now* holds: *asked_h* hours, or what the level allows where that is less.

    Where people are called in working hours only, one that would end outside them holds until the next.

    Raises:
        UseError: *asked_h* is no positive number of hours.

    """
    allowed = policy.ack_hours(level)
    if asked_h is None:
        asked_h = allowed
    if not asked_h > 0:
        raise UseError(
            f"签收时长应大于 0 小时 (hours must be above 0): {asked_h:g}.", f"不超过 at most {allowed:g} 小时 hours"
        )
    return not_before(policy, level, now + timedelta(hours=min(asked_h, allowed)), calendar)


def _why_nobody(occasion: Occasion, audience: Audience) -> str | None:
    kind, known = occasion.kind, bool(occasion.told_before)
    is_held = occasion.muted is not None and kind not in _ACTS and not (kind in _ENDS and known)
    is_again = kind in {EventKind.UNKNOWN, EventKind.RESUMED} and kind in occasion.told_before
    reasons = (
        (not occasion.is_news and kind not in _ACTS, "早已过去，只归档 (long past: filed, not told)"),
        (kind is EventKind.LEVEL and not _rises(occasion), "级别没有升高 (the level did not rise)"),
        (is_held, muted_zh(occasion.muted or "")),
        (is_again, "此事件的数据中断已通知过一次 (told once of this incident)"),
        (audience is Audience.TOLD and not known, "此前没有通知过任何人 (nobody was told before)"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _rises(occasion: Occasion) -> bool:
    before = occasion.level_before
    return before is None or _GRAVITY.index(occasion.level) > _GRAVITY.index(before)


def _acknowledged(occasion: Occasion, audience: Audience) -> Tell:
    """Return who is told while somebody has the incident in hand."""
    if occasion.kind is EventKind.LEVEL:
        return Tell(
            audience, "级别升高，原签收不再有效 (the level rose: the acknowledgement was of less)", ends_ack=True
        )
    if occasion.kind is EventKind.ESCALATED:
        return Tell(Audience.NOBODY, "已签收，不再升级 (acknowledged: the ladder stands still)")
    if audience is Audience.RUNG and occasion.kind not in _DESPITE_ACK and occasion.told_before:
        return Tell(Audience.TOLD, "已签收，只通知此前已通知的人 (acknowledged: those who know of it)")
    return Tell(audience, _WHOM[audience])


def _following(policy: Policy, level: Level, rung: int, rungs: int) -> int:
    last = max(rungs, 1) - 1
    climbs = rung < 0 or bool(policy.of(level).ladder_min)
    return min(rung + climbs, last)
