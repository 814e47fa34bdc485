"""Runs of exceeding windows 超标时段: what follows on without a break is one breach, told by its worst window. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge.subjects import Subject
from alerts.reports.known import Filed, Stood
from alerts.reports.quality import relied_on
from schemas.catalog.enums import Basis, Outcome
from schemas.times import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.reports.known import Known

#: Early warnings, silence, suspicion of data and sums are no breach of a limit by a value: they stand in other papers.
RULES = ("sewage_day", "sewage_instant", "sewage_ph", "air_hour", "boiler_efficiency")


class Breach(NamedTuple):
    """Exceeding windows of one subject and rule that follow each other. *suspected*: none of them is more than a suspicion.

    *amended*: a window of it was judged otherwise before. *incident*: the one it is part of, where there is one.
    """

    subject: Subject
    since: datetime
    until: datetime
    n: int
    worst: Filed
    suspected: bool
    amended: bool
    incident: Stood | None


def breaches(known: Known, sites: Iterable[str]) -> list[Breach]:
    """Return the breaches of *sites* in the period, by site, rule and time; each exceeding window is part of just one."""
    order = {rule: n for n, rule in enumerate(RULES)}
    found = []
    for site in sites:
        judged = [one for one in known.judged_of.get(site, ()) if one.rule in order]
        for one in sorted(judged, key=lambda each: order[each.rule]):
            key = (one.rule, one.key)
            held = [*known.filed.get(key, ()), *known.over.get(key, ())]
            over = sorted(
                (each for each in held if each.outcome == Outcome.EXCEEDING), key=lambda each: each.window_start
            )
            if over:
                found += [_breach(known, one, run) for run in _runs(over, known.rules[one.rule].basis)]
    return found


def _runs(over: Sequence[Filed], basis: Basis) -> list[list[Filed]]:
    runs: list[list[Filed]] = []
    for one in over:
        # Instants have no length: those within an hour of each other are one breach.
        reach = HOUR if basis is Basis.INSTANT else 0 * HOUR
        if runs and one.window_start <= runs[-1][-1].window_end + reach:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _breach(known: Known, of: Subject, run: list[Filed]) -> Breach:
    # A finding goes before a suspicion, however far that is above its limit.
    worst = max(run, key=lambda one: (not one.suspected, one.multiple or 0.0))
    windows = {one.window_start: one for one in run}
    before = relied_on(known.amended.get((of.rule, of.key), ()))
    changed = any(
        (was.outcome, was.value) != (now.outcome, now.value)
        for was in before
        if (now := windows.get(was.window_start)) is not None
    )
    return Breach(
        of, run[0].window_start, run[-1].window_end, len(run), worst, all(one.suspected for one in run), changed,
        _incident(known, of, run[0].window_start),
    )  # fmt: skip


def _incident(known: Known, of: Subject, at: datetime) -> Stood | None:
    """Return the incident a window belongs to: its own rule's, else a graver one of the same thing."""
    held = [
        one
        for one in known.incidents.get(of.site_id, ())
        if one.subject == of.key and one.began_at <= at and (one.ended_at is None or at < one.ended_at)
    ]
    graver = known.rules[of.rule].yields_to
    own = [one for one in held if one.rule == of.rule] or [one for one in held if one.rule in graver]
    return own[0] if own else None
