"""Which incidents of the queue are shown, in which order, and how many there are of each. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from alerts.actor import is_bound_to_site
from alerts.desk.pages.texts import is_acknowledged
from schemas.catalog.duty import LIVE, IncidentState
from schemas.catalog.enums import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.actor import Actor
    from alerts.casework import Case

LIVE_ONES, PENDING, TO_SETTLE, SETTLED = "live", "pending", "to_settle", "settled"
#: Parts of the queue, in the order of their buttons.
PARTS = {LIVE_ONES: "未解除", PENDING: "待确认", TO_SETTLE: "待销号", SETTLED: "已销号"}
MINE, BUREAU, ALL = "mine", "bureau", "all"
SCOPES = {MINE: "我的", BUREAU: "本单位", ALL: "全部"}
_GRAVITY = {level: place for place, level in enumerate(Level)}


class Choice(msgspec.Struct, kw_only=True):
    """What a person wants to see; an empty *level* or *site* means all of them."""

    part: str = LIVE_ONES
    scope: str = ALL
    level: str = ""
    site: str = ""


def part_of(case: Case) -> str | None:
    """Return the part of the queue *case* belongs to; None for one that never opened."""
    if case.settled_at is not None or "withdrawn" in case.body:
        return SETTLED
    if case.state in LIVE:
        return LIVE_ONES
    return {IncidentState.PENDING: PENDING, IncidentState.CLOSED: TO_SETTLE}.get(case.state)


def seen_by(cases: Iterable[Case], actor: Actor) -> list[Case]:
    """Return those of *cases* that *actor* may see."""
    if is_bound_to_site(actor):
        return [case for case in cases if actor.site and case.site_id == actor.site]
    return list(cases)


def in_scope(cases: Iterable[Case], scope: str, actor: Actor, bureau: str | None) -> list[Case]:
    """Return those of *cases* that concern the person, the person's *bureau*, or all."""
    if scope == MINE:
        return [
            case for case in cases if (actor.person and case.assignee == actor.person) or case.acked_by == actor.name
        ]
    if scope == BUREAU:
        return [case for case in cases if bureau and case.lead_bureau == bureau]
    return list(cases)


def pick(cases: Iterable[Case], choice: Choice) -> list[Case]:
    """Return those of *cases* that *choice* names: the graver first, the older first; what is settled by its end, newest first."""
    found = [
        case
        for case in cases
        if part_of(case) == choice.part
        and (not choice.level or case.level == choice.level)
        and (not choice.site or case.site_id == choice.site)
    ]
    if choice.part == SETTLED:
        return sorted(found, key=lambda case: (case.settled_at or case.began_at, case.incident_id), reverse=True)
    return sorted(found, key=lambda case: (-_GRAVITY[case.level], case.began_at, case.incident_id))


def counts(cases: Iterable[Case]) -> dict[str, int]:
    """Return how many of *cases* each part holds."""
    found = Counter(part_of(case) for case in cases)
    return {part: found[part] for part in PARTS}


def unacknowledged(cases: Iterable[Case], now: datetime) -> int:
    """Return how many live incidents nobody has in hand."""
    return sum(part_of(case) == LIVE_ONES and not is_acknowledged(case, now) for case in cases)


def by_site(cases: Sequence[Case], names: Mapping[str, str]) -> list[tuple[str, str, dict[Level, int]]]:
    """Return (site, name, level → count) of *cases*: the site with the gravest and the most first."""
    found: dict[str, Counter[Level]] = {}
    for case in cases:
        found.setdefault(case.site_id, Counter())[case.level] += 1
    order = sorted(found, key=lambda site: ([-found[site][level] for level in reversed(Level)], site))
    return [
        (
            site,
            names.get(site, site) or "全县",
            {level: found[site][level] for level in reversed(Level) if found[site][level]},
        )
        for site in order
    ]
