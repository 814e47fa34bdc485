"""Incidents as a pure function of verdicts: the same facts give the same incidents, whenever and in whatever order they came.

One rule, one subject, its verdicts in event time. Enough exceeding windows open an incident, which begins at the first of them;
a run of compliant ones closes it. What is not judgeable moves no count: silence never closes a breach (promise 6).

==============  ===============  ============================  =========================  =============
from            exceeding        compliant, clear              compliant, on the edge     not judgeable
==============  ===============  ============================  =========================  =============
closed, lapsed  pending or open  the same                      the same                   the same
pending         pending or open  lapsed; N of M: or pending    as clear                   pending
open            open             recovering or closed          open                       unknown
unknown         open             recovering or closed          recovering                 unknown
recovering      open             recovering or closed          recovering, counts anew    unknown
==============  ===============  ============================  =========================  =============
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.duty import LIVE, IncidentState
from schemas.catalog.enums import LEVEL_ZH, Level, Outcome
from schemas.records import Incident, Verdict
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.judge.rules import Rule


class Standing(msgspec.Struct, frozen=True):
    """Where one subject stands under one rule. The default is the beginning: nothing was ever wrong.

    *recent*: of the windows that could be judged, those that count for opening: exceeding or not, oldest first, from an
    exceeding one on; while an incident lasts those that opened it. *clears*: windows in a row better than the limit.
    """

    state: IncidentState = IncidentState.CLOSED
    recent: tuple[bool, ...] = ()
    clears: int = 0

    @property
    def breaches(self) -> int:
        """How many exceeding windows count for opening."""
        return sum(self.recent)


def advance(standing: Standing, verdict: Verdict, rule: Rule) -> Standing:
    """Return where the subject stands after *verdict*, the next window in event time. Every state takes every outcome.

    Compliant, but not by the deadband, is neither a breach nor a clear window: it interrupts a run of either.
    """
    if verdict.outcome is Outcome.NOT_JUDGEABLE:
        is_live = standing.state in LIVE
        return msgspec.structs.replace(standing, state=IncidentState.UNKNOWN) if is_live else standing
    if standing.state in LIVE:
        return _lasting(standing, verdict, rule)
    return _waiting(standing, rule, exceeds=verdict.outcome is Outcome.EXCEEDING)


def _waiting(standing: Standing, rule: Rule, *, exceeds: bool) -> Standing:
    recent = _counted((*standing.recent, exceeds), rule)
    if not recent:
        lapses = standing.state is IncidentState.PENDING
        return Standing(IncidentState.LAPSED) if lapses else standing
    opens = sum(recent) >= rule.open_after
    return Standing(IncidentState.OPEN if opens else IncidentState.PENDING, recent)


def _counted(recent: tuple[bool, ...], rule: Rule) -> tuple[bool, ...]:
    """Return of *recent* what may still count for opening: without N of M one good window ends the run."""
    if not rule.open_within:
        return recent if recent[-1] else ()
    recent = recent[-rule.open_within :]
    return recent[recent.index(True) :] if True in recent else ()


def _lasting(standing: Standing, verdict: Verdict, rule: Rule) -> Standing:
    if verdict.outcome is Outcome.EXCEEDING:
        return Standing(IncidentState.OPEN, standing.recent)
    if not _is_clear(verdict, rule):
        # On the edge: what exceeded is not called recovering, what was unknown is not called exceeding again.
        is_open = standing.state is IncidentState.OPEN
        return Standing(IncidentState.OPEN if is_open else IncidentState.RECOVERING, standing.recent)
    clears = standing.clears + 1
    if clears >= rule.close_after:
        return Standing(IncidentState.CLOSED)
    return Standing(IncidentState.RECOVERING, standing.recent, clears)


def _is_clear(verdict: Verdict, rule: Rule) -> bool:
    """Say whether *verdict* is better than its limit by the deadband, so that a value on the edge does not flap."""
    if verdict.value is None or verdict.limit_value is None or not rule.deadband or verdict.body.get("merged"):
        return True
    if verdict.body.get("low") is not None:
        return verdict.value >= verdict.limit_value + rule.deadband
    return verdict.value <= verdict.limit_value - rule.deadband


class Course:
    """What becomes of one subject under one rule, verdict by verdict."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._standing = Standing()
        self._breaches: list[Verdict] = []
        self._opened_by: Verdict | None = None
        self._ended: list[Incident] = []

    def take(self, verdict: Verdict) -> None:
        """Go on with *verdict*, the next window."""
        was_live = self._standing.state in LIVE
        self._standing = advance(self._standing, verdict, self._rule)
        is_live = self._standing.state in LIVE
        if verdict.outcome is Outcome.EXCEEDING:
            self._breaches.append(verdict)
        if is_live and not was_live:
            self._opened_by = verdict
        if was_live and not is_live:
            self._ended.append(self._incident(verdict))
            self._opened_by = None
        if not was_live:
            # Those that no longer count for opening are forgotten.
            del self._breaches[: len(self._breaches) - self._standing.breaches]
        elif not is_live:
            self._breaches = []

    def incidents(self) -> list[Incident]:
        """Return the incidents so far, oldest first: those that closed, then the one that lasts or is pending."""
        return [*self._ended, self._incident(None)] if self._breaches else list(self._ended)

    def _incident(self, closed_by: Verdict | None) -> Incident:
        breaches = self._breaches
        return Incident(
            rule=breaches[0].rule,
            subject=breaches[0].subject,
            state=self._standing.state,
            level=_level(breaches, self._rule),
            began_at=breaches[0].window_start,
            opened_at_window=self._opened_by.window_end if self._opened_by else None,
            last_window=(closed_by or breaches[-1]).window_end,
            ended_at=closed_by.window_start if closed_by else None,
            worst=max(breaches, key=lambda verdict: float(str(verdict.body.get("multiple", 0.0)))),
            latest=breaches[-1],
        )


def walk(verdicts: Iterable[Verdict], rule: Rule) -> list[Incident]:
    """Return the incidents that *verdicts* of one subject, oldest first, make under *rule*.

    Those that closed, then the live one; at the end one that is pending. A pending one that lapsed is not among them.
    """
    course = Course(rule)
    for verdict in verdicts:
        course.take(verdict)
    return course.incidents()


def _level(breaches: list[Verdict], rule: Rule) -> Level:
    # Accounts say themselves how far they are gone: 80, 90, 100 % of a year.
    said = breaches[-1].body.get("level")
    if said is not None:
        return Level(str(said))
    if rule.level_suspected is not None and all(verdict.body.get("suspected") for verdict in breaches):
        return rule.level_suspected
    if rule.level_repeated is not None and len(breaches) >= rule.repeated_after:
        return rule.level_repeated
    return rule.level


def uncovered(verdicts: Iterable[Verdict], covers: Sequence[tuple[datetime, datetime | None]]) -> list[Verdict]:
    """Return *verdicts* with the exceeding ones inside *covers* taken out.

    While a graver incident of the same thing lasts they are part of it (one incident per cause). A run that was open when
    the cover began ends there.
    """
    return [_merged(verdict) if _is_inside(verdict, covers) else verdict for verdict in verdicts]


def _is_inside(verdict: Verdict, covers: Sequence[tuple[datetime, datetime | None]]) -> bool:
    start = verdict.window_start
    return verdict.outcome is Outcome.EXCEEDING and any(
        began <= start and (ended is None or start < ended) for began, ended in covers
    )


def _merged(verdict: Verdict) -> Verdict:
    return msgspec.structs.replace(verdict, outcome=Outcome.COMPLIANT, body=verdict.body | {"merged": True})


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What people were told of an incident: instants in UTC; *worst* with the start of its window in *worst_at*.

    *worst_through*: the last day (ISO) that a running account (month, year) had added up in that window; a sum that grows
    with its days is no correction.
    """

    began_at: datetime
    ended_at: datetime | None
    last_window: datetime
    level: Level
    worst: float | None
    worst_at: datetime | None
    worst_through: str | None = None


def amended(before: Told, after: Incident) -> str | None:
    """Return what late or corrected data changed of what was told *before*, in Chinese; None: the incident merely went on."""
    changes = [*_start_amended(before, after), *_end_amended(before, after), *_worst_amended(before, after)]
    if changes and after.level is not before.level:
        changes.append(f"级别相应由{LEVEL_ZH[before.level]}变为{LEVEL_ZH[after.level]}")
    return f"补传或更正的数据改变了已通报的内容：{'；'.join(changes)}" if changes else None


def _start_amended(before: Told, after: Incident) -> list[str]:
    if after.began_at == before.began_at:
        return []
    return [f"开始时间由 {_at(before.began_at)} 更正为 {_at(after.began_at)}"]


def _end_amended(before: Told, after: Incident) -> list[str]:
    if before.ended_at is None:
        # The last window told as exceeding is what a live incident had to say of its end.
        if after.latest.window_end >= before.last_window:
            return []
        return [f"超标持续至 {_at(before.last_window)} 更正为 {_at(after.latest.window_end)}"]
    if after.ended_at is None:
        return [f"恢复时间 {_at(before.ended_at)} 撤回，事件未恢复"]
    if after.ended_at != before.ended_at:
        return [f"恢复时间由 {_at(before.ended_at)} 更正为 {_at(after.ended_at)}"]
    return []


def _worst_amended(before: Told, after: Incident) -> list[str]:
    """Return how the worst value changed among the windows that had been seen; a worse one in a later window is news."""
    worst = after.worst
    was, now = _figure(before.worst), _figure(worst.value)
    if was == now or before.worst_at is None or worst.window_end > before.last_window:
        return []
    if worst.window_start != before.worst_at:
        return [f"最重值由 {was}（{_at(before.worst_at)}）更正为 {now}（{_at(worst.window_start)}）"]
    through = worst.body.get("through")
    if through is not None and through != before.worst_through:
        return []
    return [f"{_at(worst.window_start)} 时段的最重值由 {was} 更正为 {now}"]


def _at(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _figure(value: float | None) -> str:
    return "无数值" if value is None else f"{value:.6g}"
