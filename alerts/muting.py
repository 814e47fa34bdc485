"""Whether people are spared an incident's notices, and why. Pure. Judging and the history go on all the same.

In this order: a silence that somebody planned; an incident whose consequence this one is; flapping.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import msgspec

from schemas.catalog.duty import LIVE, IncidentState
from schemas.catalog.enums import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.policy_file import Inhibit, Policy

FLAPPING = "flapping"
_SILENCE, _INHIBITED = "silence:", "inhibited:"


class Concerned(Protocol):
    """What is asked of an incident: `Case` has it, and so has the desk's own record of one."""

    @property
    def incident_id(self) -> int:
        """Its number."""

    @property
    def rule(self) -> str:
        """Name of its rule."""

    @property
    def site_id(self) -> str:
        """Its site; "" for the county and the service itself."""

    @property
    def device_id(self) -> str:
        """The device whose values are judged; "" where it is none."""

    @property
    def level(self) -> Level:
        """Its level as it is now."""

    @property
    def state(self) -> IncidentState:
        """Its state as it is now."""

    @property
    def opened_at(self) -> datetime:
        """When it was opened (our clock)."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An incident, as far as muting asks; instants are aware. A row of the query ``incident_sources`` fits."""

    incident_id: int
    rule: str
    subject: str
    site_id: str
    device_id: str
    level: Level
    state: IncidentState
    began_at: datetime
    opened_at: datetime


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Notices are held back from *since* until before *until*; site, device and rule: "" stands for any."""

    silence_id: int
    site_id: str = ""
    device_id: str = ""
    rule: str = ""
    since: datetime
    until: datetime


def muted_by(
    case: Concerned,
    silences: Sequence[Silence],
    live: Sequence[Concerned],
    opened_lately: int,
    policy: Policy,
    now: datetime,
) -> str | None:
    """Return why nobody is told of *case*: ``silence:12``, ``inhibited:34``, ``flapping``; None: people are told.

    *live*: the incidents that last, of the rules of `Policy.sources` at least. *opened_lately*: how often the same rule and
    subject opened within the policy's hours, this opening among them. An incident never inhibits itself, nor one of its own
    kind; circles cannot be, since the policy is refused with one: at the end of each chain stands an incident that is told. A
    red one is never muted by flapping: what comes back gravely is not noise.
    """
    silence = _silence(case, silences, now)
    if silence is not None:
        return f"{_SILENCE}{silence.silence_id}"
    sources = [other.incident_id for other in live if any(_inhibits(other, case, row) for row in policy.inhibit)]
    if sources:
        return f"{_INHIBITED}{min(sources)}"
    quiet = now - case.opened_at >= timedelta(hours=policy.flapping.quiet_h)
    if case.level is not Level.RED and opened_lately >= policy.flapping.opens and not quiet:
        return FLAPPING
    return None


def muted_zh(muted: str) -> str:
    """Return the sentence for what `muted_by` returned."""
    number = muted.partition(":")[2]
    if muted.startswith(_SILENCE):
        return f"静默 {number} 号生效，暂停通知 (silence {number} holds)"
    if muted.startswith(_INHIBITED):
        return f"由事件 {number} 引起，不另行通知 (a consequence of incident {number})"
    return "反复出现，合并不逐次通知 (it keeps coming back and is folded)"


def _silence(case: Concerned, silences: Sequence[Silence], now: datetime) -> Silence | None:
    """Return the silence that holds for *case* the longest: with it a screen can say until when."""
    holding = [one for one in silences if one.since <= now < one.until and _covers(one, case)]
    return max(holding, key=lambda one: (one.until, -one.silence_id), default=None)


def _covers(silence: Silence, case: Concerned) -> bool:
    pairs = ((silence.site_id, case.site_id), (silence.device_id, case.device_id), (silence.rule, case.rule))
    return all(asked in {"", found} for asked, found in pairs)


def _inhibits(source: Concerned, target: Concerned, row: Inhibit) -> bool:
    if source.incident_id == target.incident_id or source.state not in LIVE:
        return False
    if source.rule not in row.source or not row.hits(target.rule):
        return False
    if row.equal == "county":
        return True
    if not source.site_id or source.site_id != target.site_id:
        return False
    return row.equal == "site" or (bool(source.device_id) and source.device_id == target.device_id)
