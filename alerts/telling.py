"""Tells people what has happened: the line of the history, who is told of it and the notices, in the caller's transaction.

Whether and whom is decided by the policy (pure); here stands what that decision is made from and what comes of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts import policy as policies
from alerts import wording, workdays
from alerts.audience import LOG, WEBHOOK, Audience
from alerts.casework import next_step
from alerts.muting import Case as Source
from alerts.muting import Silence, muted_by
from alerts.policy import NOBODY_YET, Occasion
from alerts.policy import Audience as Whom
from alerts.roster import Roster, Swap
from schemas.catalog.duty import LIVE, EventKind
from schemas.registry import store
from schemas.runtime import database, logs

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.casework import Case
    from alerts.happenings import Happening
    from alerts.judge.rules import Rule
    from alerts.policy import Policy
    from schemas.registry.model import Document
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_LOG = logs.get(__name__)
#: With these an incident begins anew for people: deadlines, ladder and acknowledgement start over.
OPENINGS = (EventKind.OPENED, EventKind.REOPENED, EventKind.UNSETTLED)
#: What is muted is looked at again so often, where nothing says when it ends.
LOOK_AGAIN = timedelta(minutes=1)
_ENDED = (EventKind.CLOSED, EventKind.WITHDRAWN, EventKind.SETTLED)


class Teller:
    """Tells on one connection. `begin` reads afresh who is on duty, what is silenced and what mutes what."""

    def __init__(self, db: Database, settings: AlertSettings, policy: Policy | None = None) -> None:
        self.policy = policy or policies.load()
        self._db = db
        self._settings = settings
        self._standing = (LOG, WEBHOOK) if settings.webhook_url else (LOG,)
        self._version = 0
        self._document: Document | None = None
        self._roster: Roster | None = None
        self._silences: list[Silence] = []
        self._live: list[Source] = []

    def learn(self, registry: Registry) -> None:
        """Take people and duties from *registry*."""
        self._document, self._version = registry.document, registry.version_id

    async def begin(self, now: datetime) -> None:
        """Read what decisions are made from, as it stands in this transaction."""
        rows = await self._db.fetch("registry_version")
        if rows and rows[0][0] != self._version:
            registry = await store.current(self._db)
            if registry is not None:
                self.learn(registry)
        self._roster = None
        if self._document is not None:
            swaps = [msgspec.convert(row, Swap) for row in await self._db.fetch_dicts("swap_ahead", now=now)]
            self._roster = Roster(self._document, swaps, workdays)
        rows_now = await self._db.fetch_dicts("silence_in_force", now=now)
        self._silences = [msgspec.convert(row, Silence) for row in rows_now]
        sources = list(self.policy.sources())
        self._live = [
            msgspec.convert(row, Source) for row in await self._db.fetch_dicts("incident_live", rules=sources)
        ]

    async def happened(  # noqa: PLR0913 - one line of the history, and all that decides who hears of it
        self, case: Case, one: Happening, *, now: datetime, rule: Rule | None, is_news: bool = True, actor: str = "",
        event_id: int | None = None,
    ) -> None:  # fmt: skip
        """Write the line of the history (unless it stands, *event_id*), decide who is told, and leave their notices.

        *case* is changed to what comes of it, and written.
        """
        if event_id is None:
            event_id = await self.record(case, one.kind, case.body | dict(one.said), actor)
            if one.kind is EventKind.UNSETTLED:
                # By the data; who takes back a closing himself has written so already.
                case.settled_at = case.settled_by = case.cause = None
        # Of what has just opened nobody knows yet.
        is_new = one.kind is EventKind.OPENED
        told = [] if is_new else await self._db.fetch("notice_told", incident_id=case.incident_id)
        if one.kind in OPENINGS:
            await self._open(case, now, is_news=is_news)
        if case.muted is not None and case.acked_until is not None and one.kind is EventKind.LEVEL:
            await self._look_again(case, now)
        occasion = Occasion(
            kind=one.kind, level=case.level, level_before=one.level_before, muted=case.muted, acked_until=case.acked_until,
            told_before=frozenset(step for _, _, step in told), is_news=is_news,
        )  # fmt: skip
        tell = policies.who_is_told(self.policy, occasion, now)
        if tell.ends_ack:
            case.acked_by = case.acked_at = case.acked_until = None
        if one.kind is EventKind.LEVEL and tell.audience is not Whom.NOBODY and case.live:
            self._hasten(case, now)
        if tell.audience is not Whom.NOBODY:
            await self._tell(case, one, tell.audience, {(who, by) for who, by, _ in told}, event_id, rule, now)
        # A closing may have been taken back before anybody was told of it.
        if one.kind in _ENDED and (one.kind is not EventKind.SETTLED or case.settled_at is not None):
            await self._end(case, now)
        case.next_step_at = next_step(case)
        await self._db.execute("act_set", **case.held())

    async def record(self, case: Case, kind: EventKind, body: dict[str, Any], actor: str = "") -> int:
        """Write one line of the history; return its number."""
        rows = await self._db.fetch(
            "incident_event_insert",
            incident_id=case.incident_id,
            kind=kind.value,
            actor=actor,
            body=database.json(body),
        )
        return int(rows[0][0])

    async def muted(self, case: Case, now: datetime) -> str | None:
        """Return why nobody is told of *case* now, or None."""
        lately = now - timedelta(hours=self.policy.flapping.within_h)
        opened = await self._db.fetch("incident_opened_lately", rule=case.rule, subject=case.subject, since=lately)
        return muted_by(case, self._silences, self._live, int(opened[0][0]), self.policy, now)

    def set_deadlines(self, case: Case, now: datetime) -> None:
        """Let the deadlines of *case* run from *now*."""
        due = policies.deadlines(self.policy, case.level, now, workdays)
        case.ack_due, case.feedback_due = due.ack_due, due.feedback_due
        case.supervise_due, case.close_due = due.supervise_due, due.close_due

    async def take_up(self, case: Case, now: datetime) -> None:
        """Have the desk's clock call people for *case*, of which nobody was told since it was long past when it was found."""
        if not case.live or case.acked_by is not None or case.ladder_at is not None:
            return
        self.set_deadlines(case, now)
        case.muted = await self.muted(case, now)
        if case.muted is not None:
            await self.record(case, EventKind.MUTED, {"muted": case.muted})
        case.rung, case.ladder_at = NOBODY_YET, now if case.muted is None else now + LOOK_AGAIN
        case.next_step_at = next_step(case)
        await self._db.execute("act_set", **case.held())

    def rungs(self, case: Case, now: datetime) -> int:
        """Return how many rungs the ladder has for *case*."""
        return len(self._roster.ladder(case.lead_bureau, now)) if self._roster is not None else 0

    async def _open(self, case: Case, now: datetime, *, is_news: bool) -> None:
        """Begin the deadlines and the ladder, unless it is long past or people are spared."""
        case.acked_by = case.acked_at = case.acked_until = None
        case.rung, case.overdue, case.muted = 0, "", None
        if case.rule in self.policy.sources() and case.state in LIVE:
            self._live.append(msgspec.convert(case, Source, from_attributes=True))
        if not is_news:
            case.ladder_at = case.ack_due = case.feedback_due = case.supervise_due = case.close_due = None
            return
        self.set_deadlines(case, now)
        case.muted = await self.muted(case, now)
        if case.muted is not None:
            await self.record(case, EventKind.MUTED, {"muted": case.muted})
            case.rung, case.ladder_at = NOBODY_YET, now + LOOK_AGAIN
            return
        opening = policies.after_opening(self.policy, case.level, now, rungs=self.rungs(case, now), calendar=workdays)
        case.rung, case.ladder_at = opening.rung, opening.next_step_at

    async def _look_again(self, case: Case, now: datetime) -> None:
        """Look whether what muted *case* has ended: while somebody has it in hand the desk's clock does not."""
        before, case.muted = case.muted, await self.muted(case, now)
        if case.muted is None:
            await self.record(case, EventKind.UNMUTED, {"muted_before": before})

    def _hasten(self, case: Case, now: datetime) -> None:
        """Call the next rung in the time of the graver level; the present one has just been told."""
        rung = max(case.rung, 0)
        step = policies.next_rung(self.policy, case.level, rung, now, rungs=self.rungs(case, now), calendar=workdays)
        if case.rung < 0 or case.ladder_at is None or step.at < case.ladder_at:
            case.rung, case.ladder_at = rung, step.at

    async def _end(self, case: Case, now: datetime) -> None:
        case.ladder_at = case.muted = None
        self._live = [one for one in self._live if one.incident_id != case.incident_id]
        await self._db.execute("incident_muted_by", muted=f"inhibited:{case.incident_id}", now=now)

    async def _tell(  # noqa: PLR0913, PLR0917 - what one notice is made of
        self, case: Case, one: Happening, whom: Whom, told: set[tuple[str, str]], event_id: int, rule: Rule | None, now: datetime,
    ) -> None:  # fmt: skip
        if self._roster is None:
            return
        audience = Audience(self._roster, self._standing)
        # What waits for working hours stands in the log meanwhile; the ladder calls people then.
        waits = one.kind in (*OPENINGS, EventKind.UNMUTED) and case.rung == NOBODY_YET
        hole = None if waits else self._gather(audience, case, one, whom, told, rule, now)
        if hole is not None:
            _LOG.error("rota hole", bureau=case.lead_bureau, incident=case.incident_id, why=hole)
        if audience.unreachable:
            _LOG.info("reached by no channel", people=audience.unreachable, incident=case.incident_id)
        kind = EventKind.OPENED if one.said.get("first") else one.kind
        link = f"{self._settings.public_url}/desk/incident/{case.incident_id}"
        rows: list[dict[str, object]] = []
        for copy in audience.copies():
            others = [name for name in audience.names if name != self._name(copy.recipient)]
            extra = dict(one.said) | {"why": copy.why, "told": others}
            text = wording.notice(kind, case.body | {"level": case.level.value}, link, extra)
            words = f"{text.text}\n值班表：{hole}" if hole else text.text
            body = case.body | {
                "title": text.title, "text": words, "step": one.kind.value, "incident_id": case.incident_id, "event_id": event_id,
                "link": link, "told": audience.names, "fallback": self._fallback(case, copy.channel),
            }  # fmt: skip
            rows.append({
                "incident_id": case.incident_id, "event_id": event_id, "step": one.kind.value, "channel": copy.channel,
                "recipient": copy.recipient, "level": case.level.value, "body": database.json(body), "at": now,
            })  # fmt: skip
        await self._db.execute_many("notice_insert", rows)

    def _gather(  # noqa: PLR0913, PLR0917 - what the choice is made from
        self, audience: Audience, case: Case, one: Happening, whom: Whom, told: set[tuple[str, str]], rule: Rule | None,
        now: datetime,
    ) -> str | None:  # fmt: skip
        """Fill *audience*; return what is wrong with the rota, or None."""
        roster = self._roster
        assert roster is not None, "asked before"
        hole = None
        if whom is Whom.TOLD:
            audience.add_told(told)
        elif whom is Whom.CHIEFS:
            audience.add(roster.chiefs(case.lead_bureau), "牵头单位负责人")
        elif whom is Whom.ASSIGNEE:
            person = roster.person(case.assignee or "")
            audience.add([person] if person is not None else [], "承办人")
        else:
            if self._has_bureau(case.lead_bureau):
                hole = audience.add_rung(case.lead_bureau, now, max(case.rung, 0))
            audience.add_told((who, by) for who, by in told if one.kind is EventKind.UNMUTED)
            if one.kind in OPENINGS and rule is not None:
                audience.add(roster.operators(case.site_id) if rule.operator else [], "本单位运维")
                for bureau in rule.also:
                    person = roster.on_duty(bureau, now).person
                    audience.add([person] if person is not None else [], "参加单位值班，抄送")
        if not audience.names and whom is not Whom.TOLD:
            audience.add_told(("", channel) for channel in self.policy.nobody.channels)
        return hole

    def _has_bureau(self, bureau: str) -> bool:
        return self._document is not None and any(one.id == bureau for one in self._document.bureaus)

    def _name(self, recipient: str) -> str:
        person = self._roster.person(recipient) if self._roster is not None and recipient else None
        return person.name if person is not None else ""

    def _fallback(self, case: Case, channel: str) -> list[str]:
        """Return the channels that are tried when *channel* gives up: those of the bureau's chiefs."""
        if self._roster is None:
            return []
        chiefs = [by for person in self._roster.chiefs(case.lead_bureau) for by in self._roster.channels(person)]
        return sorted({*chiefs, *self.policy.nobody.channels} - {channel, LOG})
