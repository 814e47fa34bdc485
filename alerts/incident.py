"""Incidents as a pure function of verdicts: the same facts give the same incidents, whenever and in whatever order they came.

One rule, one subject, its verdicts in event time. A run of exceeding windows opens an incident at the first of them; a
run of compliant ones closes it. What is not judgeable moves nothing: silence never closes a breach (promise 6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import Level, Outcome
from schemas.records import Incident, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.judge.rules import Rule


def walk(verdicts: Iterable[Verdict], rule: Rule) -> list[Incident]:
    """Return the incidents that *verdicts* of one subject, oldest first, make under *rule*."""
    found: list[Incident] = []
    breach: list[Verdict] = []
    clear = 0
    is_open = False
    for verdict in verdicts:
        if verdict.outcome is Outcome.EXCEEDING:
            clear = 0
            breach.append(verdict)
            is_open = is_open or len(breach) >= rule.open_after
        elif verdict.outcome is Outcome.COMPLIANT:
            if not is_open:
                breach = []
                continue
            clear = clear + 1 if _is_clear(verdict, rule) else 0
            if clear >= rule.close_after:
                found.append(_incident(breach, rule, verdict))
                breach, clear, is_open = [], 0, False
    if is_open:
        found.append(_incident(breach, rule, None))
    return found


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


def _is_clear(verdict: Verdict, rule: Rule) -> bool:
    """Say whether *verdict* is better than its limit by the deadband, so that a value on the edge does not flap."""
    if verdict.value is None or verdict.limit_value is None or not rule.deadband or verdict.body.get("merged"):
        return True
    if verdict.body.get("low") is not None:
        return verdict.value >= verdict.limit_value + rule.deadband
    return verdict.value <= verdict.limit_value - rule.deadband


def _incident(breach: list[Verdict], rule: Rule, closed_by: Verdict | None) -> Incident:
    worst = max(breach, key=lambda verdict: float(str(verdict.body.get("multiple", 0.0))))
    return Incident(
        rule=breach[0].rule,
        subject=breach[0].subject,
        level=_level(breach, rule),
        began_at=breach[0].window_start,
        last_window=(closed_by or breach[-1]).window_end,
        ended_at=closed_by.window_start if closed_by else None,
        worst=worst,
        latest=breach[-1],
    )


def _level(breach: list[Verdict], rule: Rule) -> Level:
    # Accounts say themselves how far they are gone: 80, 90, 100 % of a year.
    said = breach[-1].body.get("level")
    if said is not None:
        return Level(str(said))
    if rule.level_suspected is not None and all(verdict.body.get("suspected") for verdict in breach):
        return rule.level_suspected
    if rule.level_repeated is not None and len(breach) >= rule.repeated_after:
        return rule.level_repeated
    return rule.level
