"""Incidents in the database.

What the walk says is compared with what is stored; each difference is a transition with its history row and its
notices, in the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from alerts import wording
from alerts.incident import uncovered, walk
from schemas.catalog.duty import IncidentState
from schemas.catalog.enums import Outcome
from schemas.records import Incident, Verdict
from schemas.runtime import database, logs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_LOG = logs.get(__name__)
#: How far before the earliest change the walk begins: far enough that no run of windows is cut. An incident that reaches
#: into the span is walked from its start.
_LOOK_BACK = {"hour": timedelta(days=31), "day": timedelta(days=62), "month": timedelta(days=190)}
_LONGEST = timedelta(days=800)
_AMENDED = "补传或修正的数据使判定改变 (late or corrected data changed the verdicts)"
_MERGED = "已并入更重的事件，或补传、修正的数据使判定改变 (part of a graver incident, or the data changed)"
_EVER = datetime.fromisoformat("1970-01-01T00:00:00Z")
Key = tuple[str, str]


class Stored(msgspec.Struct, frozen=True):
    """An incident as it stands in the database."""

    incident_id: int
    state: str
    level: str
    began_at: datetime
    ended_at: datetime | None
    last_window: datetime
    body: dict[str, Any]


class Incidents:
    """Keeps the stored incidents equal to what the verdicts say."""

    def __init__(self, db: Database, rules: dict[str, Rule], settings: AlertSettings) -> None:
        self._db = db
        self._rules = rules
        self._settings = settings
        self._bureaus: dict[str, str] = {}
        self._sites: dict[str, str] = {}

    def learn(self, registry: Registry) -> None:
        """Take names from *registry*."""
        self._bureaus = {bureau.id: bureau.name for bureau in registry.document.bureaus}
        self._sites = {site.id: site.name for site in registry.document.sites}

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
        verdicts = [_verdict(row) for row in await self._db.fetch_dicts("verdict_walk", since=since, **key)]
        if rule.yields_to:
            rows = await self._db.fetch("incident_cover", rules=list(rule.yields_to), subject=subject.key, since=since)
            verdicts = uncovered(verdicts, rows)
        stored = [
            msgspec.convert(row, Stored) for row in await self._db.fetch_dicts("incident_stored", since=since, **key)
        ]
        changed = 0
        pairs, left = _paired(walk(verdicts, rule), stored)
        for incident, match in pairs:
            if match is not None:
                changed += await self._update(match, incident, subject, rule, now)
            else:
                await self._open(incident, subject, rule, now)
                changed += 1
        for gone in left:
            if gone.state != IncidentState.CLOSED or gone.body.get("withdrawn") is None:
                await self._withdraw(gone, _MERGED if rule.yields_to else _AMENDED)
                changed += 1
        return changed

    async def _open(self, incident: Incident, subject: Subject, rule: Rule, now: datetime) -> None:
        body = self._body(incident, subject, rule)
        row = _row(incident, body) | {"site_id": subject.site_id, "lead_bureau": rule.lead_bureau}
        incident_id = (await self._db.fetch("incident_insert", **row))[0][0]
        event_id = await self._record(incident_id, "opened", body)
        _LOG.warning(
            "incident opened",
            id=incident_id,
            title=subject.title,
            level=incident.level.value,
            began_at=str(incident.began_at),
        )
        if self._is_news(incident, now):
            await self._notify(incident_id, "opened", body, event_id, now)
            if incident.ended_at is not None:
                event_id = await self._record(incident_id, "closed", body)
                await self._notify(incident_id, "closed", body, event_id, now)

    async def _update(self, stored: Stored, incident: Incident, subject: Subject, rule: Rule, now: datetime) -> int:
        body = self._body(incident, subject, rule)
        row = _row(incident, body)
        if (stored.state, stored.level, stored.began_at, stored.ended_at, stored.last_window, stored.body) == (
            row["state"], row["level"], incident.began_at, incident.ended_at, incident.last_window, body,
        ):  # fmt: skip
            return 0
        await self._db.execute("incident_update", incident_id=stored.incident_id, **row)
        was_open, is_open = stored.state == IncidentState.OPEN, incident.ended_at is None
        if was_open and not is_open:
            event_id = await self._record(stored.incident_id, "closed", body)
            _LOG.warning("incident closed", id=stored.incident_id, title=subject.title)
            if self._is_news(incident, now):
                await self._notify(stored.incident_id, "closed", body, event_id, now)
        elif is_open and not was_open:
            await self._record(stored.incident_id, "reopened", body)
        elif stored.level != incident.level.value:
            event_id = await self._record(stored.incident_id, "level", body)
            if self._is_news(incident, now):
                await self._notify(stored.incident_id, "level", body, event_id, now)
        return 1

    async def _withdraw(self, stored: Stored, why: str) -> None:
        body = stored.body | {"withdrawn": why}
        await self._db.execute("incident_withdraw", incident_id=stored.incident_id, body=database.json(body))
        await self._record(stored.incident_id, "withdrawn", body)
        _LOG.warning("incident withdrawn", id=stored.incident_id)

    async def _record(self, incident_id: int, kind: str, body: dict[str, Any]) -> int:
        rows = await self._db.fetch(
            "incident_event_insert", incident_id=incident_id, kind=kind, actor="", body=database.json(body)
        )
        return int(rows[0][0])

    async def _notify(self, incident_id: int, step: str, body: dict[str, Any], event_id: int, now: datetime) -> None:
        text = wording.notice(step, body, f"事件 {incident_id}：{self._settings.public_url}/")
        channels = ["log", *(["webhook"] if self._settings.webhook_url else [])]
        for channel in channels:
            await self._db.execute(
                "notice_insert",
                incident_id=incident_id,
                event_id=event_id,
                step=step,
                channel=channel,
                recipient="",
                level=body["level"],
                at=now,
                body=database.json(body | {"text": text, "step": step, "incident_id": incident_id}),
            )

    def _is_news(self, incident: Incident, now: datetime) -> bool:
        """Say whether somebody must be told: what a backlog reveals of long ago is filed, not paged."""
        return now - incident.last_window <= timedelta(hours=self._settings.notice_max_age_h)

    def _body(self, incident: Incident, subject: Subject, rule: Rule) -> dict[str, Any]:
        latest = incident.latest
        return {
            "title": subject.title,
            "site": self._sites.get(subject.site_id, subject.site_id),
            "rule": rule.zh,
            "task": rule.task,
            "bureau": self._bureaus.get(rule.lead_bureau, rule.lead_bureau),
            "level": incident.level.value,
            "began_at": incident.began_at.isoformat(),
            "ended_at": incident.ended_at.isoformat() if incident.ended_at else None,
            "value": latest.value,
            "limit": latest.limit_value,
            "limit_id": latest.limit_id,
            "window_start": latest.window_start.isoformat(),
            "window_end": latest.window_end.isoformat(),
            "worst": incident.worst.value,
            **{
                name: latest.body[name]
                for name in ("unit", "standard", "clause", "edition", "multiple", "n_valid", "n_expected", "note",
                             "verified", "kind", "used", "allowed", "projected", "through", "method", "low", "high", "suspected",
                             "use_rate", "over_plan", "plan_to_date", "probability", "passes_on", "band", "share", "part", "indirect")
                if latest.body.get(name) is not None
            },
        }  # fmt: skip


def _paired(
    incidents: list[Incident], stored: list[Stored]
) -> tuple[list[tuple[Incident, Stored | None]], list[Stored]]:
    """Return each of *incidents* with the stored one that it continues, and the stored ones that are no more.

    Those that begin at the same instant first, since no two stored ones may; then those that overlap, and rather one that
    stands than one that was withdrawn.
    """
    left = {one.began_at: one for one in stored}
    same = {one.began_at: left.pop(one.began_at, None) for one in incidents}
    pairs = []
    for incident in incidents:
        match = same[incident.began_at]
        if match is None:
            near = [one for one in left.values() if _overlap(one, incident)]
            match = min(near, key=lambda one: ("withdrawn" in one.body, one.began_at), default=None)
            if match is not None:
                del left[match.began_at]
        pairs.append((incident, match))
    return pairs, list(left.values())


def _overlap(stored: Stored, incident: Incident) -> bool:
    return stored.began_at <= incident.last_window and incident.began_at <= stored.last_window


def _row(incident: Incident, body: dict[str, Any]) -> dict[str, object]:
    state = IncidentState.OPEN if incident.ended_at is None else IncidentState.CLOSED
    return {
        "rule": incident.rule,
        "subject": incident.subject,
        "state": state.value,
        "level": incident.level.value,
        "began_at": incident.began_at,
        "ended_at": incident.ended_at,
        "last_window": incident.last_window,
        "body": database.json(body),
    }


def _verdict(row: dict[str, Any]) -> Verdict:
    return Verdict(**{**row, "outcome": Outcome(row["outcome"])})
