"""Incidents in the database.

What the walk says is compared with what is stored; each difference is a happening with its line of the history and its
notices, in the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.body import body as said_of
from alerts.casework import Case
from alerts.happenings import Happening, Stored, happenings, is_same
from alerts.incident import uncovered, walk
from schemas.catalog.duty import LIVE, EventKind, IncidentState
from schemas.catalog.enums import Outcome
from schemas.records import Incident, Verdict
from schemas.runtime import database, logs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from alerts.telling import Teller
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_LOG = logs.get(__name__)
#: How far before the earliest change the walk begins: far enough that no run of windows is cut. An incident that reaches
#: into the span is walked from its start.
_LOOK_BACK = {
    "instant": timedelta(days=3),
    "hour": timedelta(days=31),
    "day": timedelta(days=62),
    "month": timedelta(days=190),
}
_LONGEST = timedelta(days=800)
_AMENDED = "补传或修正的数据使判定改变 (late or corrected data changed the verdicts)"
_MERGED = "已并入更重的事件，或补传、修正的数据使判定改变 (part of a graver incident, or the data changed)"
_EVER = datetime.fromisoformat("1970-01-01T00:00:00Z")
#: As a rule's lead bureau: that of the site, for what concerns pollution and energy alike (silence, suspicion).
BY_SITE = "site"
_NEVER_OPENED = (IncidentState.PENDING, IncidentState.LAPSED)
#: Whoever was told of an incident hears this of it though it be long past; so long at most, and of the end always (house convention).
_OWED = (EventKind.AMENDED, EventKind.WITHDRAWN)
_OWED_FOR = timedelta(days=31)
Key = tuple[str, str]


class Incidents:
    """Keeps the stored incidents equal to what the verdicts say."""

    def __init__(self, db: Database, rules: dict[str, Rule], settings: AlertSettings, teller: Teller) -> None:
        self._db = db
        self._rules = rules
        self._max_age = timedelta(hours=settings.notice_max_age_h)
        self._teller = teller
        self._bureaus: dict[str, str] = {}
        self._sites: dict[str, str] = {}
        self._leads: dict[str, str] = {}

    def learn(self, registry: Registry) -> None:
        """Take names from *registry*."""
        self._bureaus = {bureau.id: bureau.name for bureau in registry.document.bureaus}
        self._sites = {site.id: site.name for site in registry.document.sites}
        self._leads = {site.id: site.lead_bureau for site in registry.document.sites}

    def obey(self, rules: dict[str, Rule]) -> None:
        """Go by other *rules* from now on."""
        self._rules = rules

    def _since(self, rule: str, earliest: datetime) -> datetime:
        margin = _LOOK_BACK.get(self._rules[rule].basis.value, _LONGEST)
        return max(earliest, _EVER + margin) - margin

    async def concerned(self, touched: Mapping[Key, datetime]) -> dict[Key, datetime]:
        """Return of *touched* those whose incidents may change: most windows are compliant and touch none."""
        asked = [one for one in touched if one[0] in self._rules]
        rows = await self._db.fetch(
            "incident_concerned",
            rules=[rule for rule, _ in asked],
            subjects=[subject for _, subject in asked],
            since=[self._since(rule, touched[rule, subject]) for rule, subject in asked],
        )
        return {(rule, subject): touched[rule, subject] for rule, subject in rows}

    async def review(self, subject: Subject, now: datetime, earliest: datetime) -> int:
        """Bring the incidents of *subject* up to date, whose windows from *earliest* on changed; return how many did."""
        rule = self._rules[subject.rule]
        key = {"rule": subject.rule, "subject": subject.key}
        since = (await self._db.fetch("incident_since", since=self._since(subject.rule, earliest), **key))[0][0]
        verdicts = [_verdict(row) for row in await self._db.fetch_dicts("verdict_walk_first", since=since, **key)]
        if rule.yields_to:
            rows = await self._db.fetch("incident_cover", rules=list(rule.yields_to), subject=subject.key, since=since)
            verdicts = uncovered(verdicts, rows)
        stored = [
            msgspec.convert(row, Stored) for row in await self._db.fetch_dicts("incident_stored", since=since, **key)
        ]
        changed = 0
        pairs, left = _paired(walk(verdicts, rule), stored)
        for incident, match in pairs:
            changed += await self._bring(match, incident, subject, now, _again(match, verdicts))
        for gone in left:
            changed += await self._let_go(gone, subject, now)
        return changed

    async def _bring(
        self, stored: Stored | None, incident: Incident, subject: Subject, now: datetime, again: Verdict | None
    ) -> int:
        """Make the stored incident what *incident* is."""
        rule = self._rules[subject.rule]
        lead = self._leads.get(subject.site_id, "") if rule.lead_bureau == BY_SITE else rule.lead_bureau
        body = said_of(
            incident, subject, rule,
            site=self._sites.get(subject.site_id, subject.site_id), bureau=self._bureaus.get(lead, lead),
        )  # fmt: skip
        if stored is not None and is_same(stored, incident, body):
            return 0
        if stored is not None and incident.state is IncidentState.PENDING and stored.state not in _NEVER_OPENED:
            return await self._let_go(stored, subject, now)
        opens = incident.state is not IncidentState.PENDING and (stored is None or stored.state in _NEVER_OPENED)
        row = _row(incident, body) | {"opened_at": now if stored is None or opens else None}
        if stored is None:
            row |= {"site_id": subject.site_id, "device_id": subject.device, "lead_bureau": lead}
            incident_id = (await self._db.fetch("incident_insert", **row))[0][0]
        else:
            incident_id = stored.incident_id
            await self._db.execute("incident_update", incident_id=incident_id, **row)
        if (
            stored is not None
            and self._was_filed(stored)
            and self._is_news(EventKind.OPENED, incident.last_window, now)
        ):
            await self._teller.take_up(await self._case(incident_id), now)
        found = happenings(stored, incident, again)
        if found:
            await self._happen(incident_id, found, incident, now)
        return len(found)

    def _is_news(self, kind: EventKind, last_window: datetime, now: datetime) -> bool:
        """Say whether people are told: what a backlog reveals of long ago is filed, not paged."""
        age = now - last_window
        is_owed = kind is EventKind.CLOSED or (kind in _OWED and age <= _OWED_FOR)
        return is_owed or age <= self._max_age

    @staticmethod
    def _was_filed(stored: Stored) -> bool:
        return stored.feedback_due is None and stored.state in LIVE and stored.settled_at is None

    async def _happen(self, incident_id: int, found: list[Happening], incident: Incident, now: datetime) -> None:
        case = await self._case(incident_id)
        for one in found:
            is_news = self._is_news(one.kind, incident.last_window, now)
            _LOG.warning(
                f"incident {one.kind.value}",
                id=incident_id,
                title=case.body["title"],
                level=case.level.value,
                began_at=str(case.began_at),
            )
            await self._teller.happened(case, one, now=now, is_news=is_news, rule=self._rules[case.rule])

    async def _let_go(self, stored: Stored, subject: Subject, now: datetime) -> int:
        """End what the facts no longer bear out."""
        if stored.state is IncidentState.LAPSED or stored.body.get("withdrawn") is not None:
            return 0
        if stored.state is IncidentState.PENDING:
            await self._db.execute("incident_lapse", incident_id=stored.incident_id)
            return 0
        rule = self._rules[subject.rule]
        body = stored.body | {"withdrawn": _MERGED if rule.yields_to else _AMENDED}
        await self._db.execute("incident_withdraw", incident_id=stored.incident_id, body=database.json(body))
        case = await self._case(stored.incident_id)
        _LOG.warning("incident withdrawn", id=stored.incident_id)
        is_news = self._is_news(EventKind.WITHDRAWN, stored.last_window, now)
        await self._teller.happened(case, Happening(EventKind.WITHDRAWN), now=now, is_news=is_news, rule=rule)
        return 1

    async def _case(self, incident_id: int) -> Case:
        return msgspec.convert((await self._db.fetch_dicts("act_incident", incident_id=incident_id))[0], Case)


def _again(stored: Stored | None, verdicts: list[Verdict]) -> Verdict | None:
    """Return the verdict in force now on the window that was told last of *stored*."""
    told = stored.body.get("window_start") if stored is not None else None
    return next((one for one in verdicts if told and one.window_start == datetime.fromisoformat(told)), None)


def _paired(
    incidents: list[Incident], stored: list[Stored]
) -> tuple[list[tuple[Incident, Stored | None]], list[Stored]]:
    """Return each of *incidents* with the stored one that it continues, and the stored ones that are no more.

    Those that begin at the same instant first, since no two stored ones may; then those that overlap, and rather one that
    stands than one that was withdrawn. What has lapsed is continued by nothing but a run that begins where it began.
    """
    left = {one.began_at: one for one in stored}
    same = {one.began_at: left.pop(one.began_at, None) for one in incidents}
    pairs = []
    for incident in incidents:
        match = same[incident.began_at]
        if match is None:
            near = [one for one in left.values() if one.state is not IncidentState.LAPSED and _overlap(one, incident)]
            match = min(near, key=lambda one: ("withdrawn" in one.body, one.began_at), default=None)
            if match is not None:
                del left[match.began_at]
        pairs.append((incident, match))
    return pairs, list(left.values())


def _overlap(stored: Stored, incident: Incident) -> bool:
    return stored.began_at <= incident.last_window and incident.began_at <= stored.last_window


def _row(incident: Incident, body: dict[str, Any]) -> dict[str, object]:
    return {
        "rule": incident.rule,
        "subject": incident.subject,
        "state": incident.state.value,
        "level": incident.level.value,
        "began_at": incident.began_at,
        "ended_at": incident.ended_at,
        "last_window": incident.last_window,
        "body": database.json(body),
    }


def _verdict(row: dict[str, Any]) -> Verdict:
    return Verdict(**{**row, "outcome": Outcome(row["outcome"])})
