"""An incident as people and the desk's clock keep it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from schemas.catalog.duty import LIVE, IncidentState
from schemas.catalog.enums import Level

#: Deadlines in the order they fall due, with the letter that stands in `overdue` once that was said.
DEADLINES = (("ack_due", "a"), ("feedback_due", "f"), ("supervise_due", "s"), ("close_due", "c"))
DEADLINE_ZH = {"ack_due": "签收", "feedback_due": "反馈", "supervise_due": "督办", "close_due": "销号"}


class Case(msgspec.Struct, kw_only=True):
    """One row of the table incident. *ladder_at*: when the next rung is called, None while nobody is to be called. *ack_due*: None once it was met.

    *overdue*: letters of the deadlines whose passing was said. *muted*: why nobody is told ("silence:12", "inhibited:34", "flapping").
    """

    incident_id: int
    rule: str
    subject: str
    site_id: str
    device_id: str
    state: IncidentState
    level: Level
    lead_bureau: str
    began_at: datetime
    ended_at: datetime | None
    opened_at: datetime
    body: dict[str, Any]
    acked_by: str | None = None
    acked_at: datetime | None = None
    acked_until: datetime | None = None
    assignee: str | None = None
    rung: int = 0
    ladder_at: datetime | None = None
    next_step_at: datetime | None = None
    overdue: str = ""
    muted: str | None = None
    ack_due: datetime | None = None
    feedback_due: datetime | None = None
    feedback_at: datetime | None = None
    supervise_due: datetime | None = None
    close_due: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    cause: str | None = None

    @property
    def live(self) -> bool:
        """Say whether the breach lasts, as far as is known, and nobody has closed the incident."""
        return self.state in LIVE and self.settled_at is None

    def held(self) -> dict[str, Any]:
        """Return what the query ``act_set`` takes."""
        return {name: getattr(self, name) for name in _HELD}


_HELD = (
    "incident_id", "acked_by", "acked_at", "acked_until", "assignee", "rung", "ladder_at", "next_step_at", "overdue", "muted",
    "ack_due", "feedback_due", "feedback_at", "supervise_due", "close_due", "settled_at", "settled_by", "cause",
)  # fmt: skip


def met(case: Case, deadline: str) -> bool:
    """Say whether *deadline* needs no more looking after: met, or its passing already said."""
    if case.body.get("withdrawn") is not None:
        return True
    over = case.state not in LIVE
    # What has recovered needs nobody to take it on or to press for it. The graver ones are still to be explained and closed 销号;
    # blue and yellow ones only where somebody likes to.
    slight = over and case.level in {Level.BLUE, Level.YELLOW}
    done = {
        "ack_due": over,
        "feedback_due": slight or case.feedback_at is not None,
        "supervise_due": over,
        "close_due": slight,
    }
    letter = dict(DEADLINES)[deadline]
    return done[deadline] or letter in case.overdue


def next_step(case: Case) -> datetime | None:
    """Return when the desk's clock must look at *case* again: the next rung, the end of the acknowledgement, a deadline; or None."""
    if case.settled_at is not None:
        return None
    steps = [getattr(case, name) for name, _ in DEADLINES if not met(case, name)]
    if case.state in LIVE:
        # While somebody has it in hand the ladder stands still, whatever rung was due.
        steps.append(case.acked_until or case.ladder_at)
    return min((at for at in steps if at is not None), default=None)
