"""What the desk's clock does: the next rung, the end of an acknowledgement, deadlines, the end of what muted an incident.

Each step takes its incident anew in a transaction of its own, and is not taken twice: whoever was acknowledged, closed or called
meanwhile is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from alerts import policy as policies
from alerts import workdays
from alerts.casework import DEADLINE_ZH, DEADLINES, Case, met, next_step
from alerts.happenings import Happening
from alerts.policy import NOBODY_YET
from alerts.telling import LOOK_AGAIN, Teller
from schemas.catalog.duty import CAUSE_ZH, Cause, EventKind
from schemas.errors import DatabaseError
from schemas.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_LOG = logs.get(__name__)
_AT_ONCE = 500
#: Acts that somebody else must hear of.
_TOLD_ACTS = (EventKind.ACKED, EventKind.FEEDBACK, EventKind.REASSIGNED, EventKind.SETTLED, EventKind.UNSETTLED)


class Ladder:
    """Takes steps on one connection."""

    def __init__(self, db: Database, settings: AlertSettings, teller: Teller | None = None) -> None:
        self._db = db
        self.teller = teller or Teller(db, settings)
        #: Up to which line of the history nothing is left to tell.
        self._told_to = -1

    async def steps(self, now: datetime) -> int:
        """Take all steps that are due by *now*; return how many."""
        taken = await self._tell_acts(now)
        for (incident_id,) in await self._db.fetch("step_due", now=now, at_most=_AT_ONCE):
            try:
                taken += await self._take(incident_id, now)
            except DatabaseError:
                raise
            except Exception as exc:  # noqa: BLE001 - one that cannot be told must not keep all behind it waiting
                _LOG.exception("step failed, tried again", id=incident_id, error=repr(exc))
        return taken

    async def _take(self, incident_id: int, now: datetime) -> int:
        async with self._db.transaction():
            await self._db.fetch("chain_lock")
            rows = await self._db.fetch_dicts("step_take", incident_id=incident_id, now=now)
            if rows:
                await self.teller.begin(now)
                await self._step(msgspec.convert(rows[0], Case), now)
        return len(rows)

    async def _step(self, case: Case, now: datetime) -> None:
        await self._deadlines(case, now)
        if case.live and (case.ladder_at is not None or case.acked_until is not None):
            await self._climb(case, now)
        elif not case.live:
            case.ladder_at = None
        case.next_step_at = next_step(case)
        await self._db.execute("act_set", **case.held())

    async def _deadlines(self, case: Case, now: datetime) -> None:
        """Say of each deadline once that it has passed."""
        for name, letter in DEADLINES:
            due = getattr(case, name)
            if due is None or due > now or met(case, name):
                continue
            case.overdue += letter
            said = {"deadline": name, "deadline_zh": DEADLINE_ZH[name], "due": due.isoformat()}
            await self._happened(case, Happening(EventKind.OVERDUE, said), now)

    async def _climb(self, case: Case, now: datetime) -> None:
        if case.muted is not None and case.acked_until is not None and case.acked_until <= now:
            # Nobody is called for what is muted, nor does it stay in hand for ever.
            said: dict[str, Any] = {"actor": case.acked_by, "until": None}
            case.acked_by = case.acked_at = case.acked_until = None
            await self._happened(case, Happening(EventKind.ACK_EXPIRED, said), now)
        if case.acked_until is None and await self._is_muted(case, now):
            return
        rungs = self.teller.rungs(case, now)
        call = policies.call_due(self.teller.policy, case, now, rungs=rungs)
        if call is None:
            return
        said = {"rung": call.rung, "reason": call.reason, "repeat": call.repeat}
        if call.kind is EventKind.ACK_EXPIRED:
            said |= {"actor": case.acked_by, "until": None}
            case.acked_by = case.acked_at = case.acked_until = None
        elif case.rung == NOBODY_YET:
            said["first"] = True
            if case.feedback_due is None:
                self.teller.set_deadlines(case, now)
        case.rung = call.rung
        case.ladder_at = policies.next_rung(
            self.teller.policy, case.level, call.rung, now, rungs=rungs, calendar=workdays
        ).at
        await self._happened(case, Happening(call.kind, said), now)

    async def _is_muted(self, case: Case, now: datetime) -> bool:
        """Look again whether people are spared; say when that begins and when it ends."""
        before, case.muted = case.muted, await self.teller.muted(case, now)
        if case.muted is not None:
            if before != case.muted:
                await self.teller.record(case, EventKind.MUTED, {"muted": case.muted})
            case.ladder_at = now + LOOK_AGAIN
            return True
        if before is not None:
            opening = policies.after_opening(
                self.teller.policy, case.level, now, rungs=self.teller.rungs(case, now), calendar=workdays
            )
            case.rung, case.ladder_at = opening.rung, opening.next_step_at
            await self._happened(case, Happening(EventKind.UNMUTED, {"muted_before": before}), now)
            return True
        return False

    async def _happened(self, case: Case, one: Happening, now: datetime) -> None:
        _LOG.warning(
            f"incident {one.kind.value}", id=case.incident_id, title=case.body.get("title"), **_plain(one.said)
        )
        await self.teller.happened(case, one, now=now, rule=None)

    async def _tell_acts(self, now: datetime) -> int:
        """Tell of people's acts those whom they concern, each once: the act is one line of the history, its notices bear its number."""
        head = int((await self._db.fetch("chain_head"))[0][0])
        if head == self._told_to:
            return 0
        kinds = [kind.value for kind in _TOLD_ACTS]
        found = await self._db.fetch("event_untold", kinds=kinds, at_most=_AT_ONCE)
        for seq, event_id, incident_id, kind, actor, body in found:
            async with self._db.transaction():
                await self._db.fetch("chain_lock")
                if not await self._db.fetch("acts_told", seq=seq):
                    continue
                rows = await self._db.fetch_dicts("act_incident", incident_id=incident_id)
                case = msgspec.convert(rows[0], Case)
                await self.teller.begin(now)
                said = body | {"actor": actor}
                if body.get("cause"):
                    said["cause_zh"] = CAUSE_ZH[Cause(body["cause"])]
                one = Happening(EventKind(kind), said)
                await self.teller.happened(case, one, now=now, rule=None, actor=actor, event_id=event_id)
                if one.kind is EventKind.REASSIGNED and case.live:
                    rungs = self.teller.rungs(case, now)
                    step = policies.next_rung(self.teller.policy, case.level, 0, now, rungs=rungs, calendar=workdays)
                    case.rung, case.ladder_at = 0, step.at
                    case.next_step_at = next_step(case)
                    await self._db.execute("act_set", **case.held())
        if len(found) < _AT_ONCE:
            await self._db.fetch("acts_told", seq=head)
            self._told_to = head
        return len(found)


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name in {"rung", "deadline", "reason"}}
