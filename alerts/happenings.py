"""What has happened to an incident between what is stored and what the verdicts say now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.incident import Told, amended
from schemas.catalog.duty import LIVE, EventKind, IncidentState
from schemas.catalog.enums import Level
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from schemas.records import Incident, Verdict

_NEVER_OPENED = (IncidentState.PENDING, IncidentState.LAPSED)
_ENTERED = {
    IncidentState.OPEN: EventKind.RESUMED,
    IncidentState.UNKNOWN: EventKind.UNKNOWN,
    IncidentState.RECOVERING: EventKind.RECOVERING,
    IncidentState.CLOSED: EventKind.CLOSED,
}


class Stored(msgspec.Struct, frozen=True):
    """An incident as it stands in the database."""

    incident_id: int
    state: IncidentState
    level: Level
    began_at: datetime
    ended_at: datetime | None
    last_window: datetime
    body: dict[str, Any]
    settled_at: datetime | None = None
    cause: str | None = None
    opened_at: datetime | None = None
    #: None where it was filed without telling anybody.
    feedback_due: datetime | None = None


class Happening(NamedTuple):
    """One line of the history. *said*: what it adds to the incident's own words; *level_before*: where the level changed."""

    kind: EventKind
    said: Mapping[str, Any] = MappingProxyType({})
    level_before: Level | None = None


def is_same(stored: Stored, incident: Incident, body: dict[str, Any]) -> bool:
    """Say whether nothing at all differs."""
    return (stored.state, stored.level, stored.began_at, stored.ended_at, stored.last_window, stored.body) == (
        incident.state, incident.level, incident.began_at, incident.ended_at, incident.last_window, body,
    )  # fmt: skip


def happenings(stored: Stored | None, incident: Incident, again: Verdict | None = None) -> list[Happening]:
    """Return what has happened, in the order it is told; nothing where the incident merely went on.

    *again*: the verdict in force now on the window that was told last. A person's closing 销号 stands while the incident goes on; a graver level or a new breach takes it back.
    """
    if incident.state is IncidentState.PENDING:
        return []
    ended = [Happening(EventKind.CLOSED)] if incident.state is IncidentState.CLOSED else []
    if stored is None or stored.state in _NEVER_OPENED:
        return [Happening(EventKind.OPENED), *ended]
    if stored.body.get("withdrawn") is not None:
        is_taken_back = stored.settled_at is not None and incident.state in LIVE
        return [*([_unsettled("再次超标")] if is_taken_back else []), Happening(EventKind.REOPENED), *ended]
    found = []
    sentence = amended(_told(stored), incident) or _corrected(stored, again)
    if sentence is not None:
        before = {name: stored.body.get(name) for name in ("began_at", "ended_at", "worst", "level")}
        found.append(Happening(EventKind.AMENDED, {"amended": sentence, "before": before}))
    is_graver = _rank(incident.level) > _rank(stored.level)
    is_back = stored.state is IncidentState.CLOSED and incident.state in LIVE
    if incident.level is not stored.level:
        found.append(Happening(EventKind.LEVEL, {"level_before": stored.level.value}, stored.level))
    if stored.settled_at is not None and incident.state in LIVE and (is_graver or is_back):
        why = "级别上升" if is_graver else "再次超标"
        found.append(_unsettled(why))
    if is_back:
        found.append(Happening(EventKind.REOPENED))
    elif incident.state is not stored.state:
        found.append(Happening(_ENTERED[incident.state], {"state_before": stored.state.value}))
    return found


def _unsettled(why: str) -> Happening:
    return Happening(EventKind.UNSETTLED, {"text": f"销号自动撤回：{why}"})


def _corrected(stored: Stored, again: Verdict | None) -> str | None:
    """Return what late or corrected data make of the value that was told last; a sum that merely went on is no correction."""
    before = stored.body.get("value")
    if again is None or before is None or stored.body.get("through") != again.body.get("through"):
        return None
    if again.value == before:
        return None
    window = again.window_start.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    now = "不可判定" if again.value is None else f"{again.value:.2f}"
    return f"{window} 起时段的值由 {before:.2f} 更正为 {now} {stored.body.get('unit', '')}".rstrip()


def _told(stored: Stored) -> Told:
    worst_at = stored.body.get("worst_at")
    return Told(
        began_at=stored.began_at,
        ended_at=stored.ended_at,
        last_window=stored.last_window,
        level=stored.level,
        worst=stored.body.get("worst"),
        worst_at=datetime.fromisoformat(worst_at) if worst_at else None,
        worst_through=stored.body.get("worst_through"),
    )


def _rank(level: Level) -> int:
    return list(Level).index(level)
