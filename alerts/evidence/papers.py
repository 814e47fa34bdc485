"""The papers of a bundle beside its tables: the incident, the limits, the registry, the explanation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts import wording
from alerts.explain import explain
from alerts.judge.subjects import subjects
from schemas.catalog.duty import EventKind, IncidentState
from schemas.catalog.limits import LIMITS
from schemas.errors import UseError
from schemas.registry.model import Document
from schemas.registry.store import Registry
from schemas.times import DAY, day_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from alerts.judge.rules import Rule
    from schemas.records import Limit
    from schemas.runtime.database import Database

_EXPLAINED_DAYS = 31
_SAYS = {
    IncidentState.CLOSED: EventKind.CLOSED,
    IncidentState.UNKNOWN: EventKind.UNKNOWN,
    IncidentState.RECOVERING: EventKind.RECOVERING,
}


class Version(NamedTuple):
    """A version of the registry and when it was in force."""

    registry: Registry
    valid_from: datetime
    valid_to: datetime | None
    applied_by: str


async def versions(db: Database, since: datetime, until: datetime) -> list[Version]:
    """Return the versions of the registry in force in the span, oldest first; before the first, that one.

    Raises:
        UseError: no registry was ever applied.

    """
    rows = await db.fetch("evidence_registry", since=since, until=until)
    if not rows:
        raise UseError("尚无注册表 (no registry is applied).", "monitor registry apply FILE")
    points = {(site, device, factor): number for site, device, factor, number in await db.fetch("point_list")}
    return [
        Version(Registry(number, Document.model_validate(document), points), valid_from, valid_to, by)
        for number, valid_from, valid_to, by, document in rows
    ]


def summary(incident: Mapping[str, Any], rule: Rule | None) -> str:
    """Return what *incident* says of itself, as its notices do."""
    least = {
        "title": incident["subject"],
        "rule": rule.zh if rule else incident["rule"],
        "began_at": incident["began_at"].isoformat(),
    }
    body = least | incident["body"] | {"level": incident["level"]}
    kind = _SAYS.get(incident["state"], EventKind.OPENED)
    text = wording.notice(EventKind.WITHDRAWN if body.get("withdrawn") else kind, body, "").text
    return f"{text}\n{settled}" if (settled := _settled(incident)) else text


def _settled(incident: Mapping[str, Any]) -> str:
    at = incident.get("settled_at")
    return f"销号：{wording.when(at.isoformat())} {incident['settled_by'] or ''}" if at else ""


def registry(found: Sequence[Version], sites: Collection[str], began_at: datetime) -> dict[str, Any]:
    """Return what was registered of *sites*, by version; nobody's telephone, contact or channels."""
    then = [one for one in found if one.valid_from <= began_at < (one.valid_to or began_at + DAY)]
    said: list[dict[str, Any]] = []
    before: dict[str, Any] | None = None
    for one in found:
        shown = _shown(one.registry.document, sites)
        head = {
            "version_id": one.registry.version_id, "valid_from": one.valid_from, "valid_to": one.valid_to,
            "applied_by": one.applied_by,
        }  # fmt: skip
        said.append(head | ({"as_the_version_before": True} if shown == before else shown))
        before = shown
    note = "" if then else "事件起始时尚无登记，以下为其后的登记 registered only after the incident began (backlog)"
    return {"in_force_then": then[0].registry.version_id if then else None, "note": note, "versions": said}


def _shown(document: Document, sites: Collection[str]) -> dict[str, Any]:
    """Return county, bureaus, people (names only) and *sites* (all of them where empty)."""
    plain = document.model_dump(mode="json", exclude_none=True)
    return {
        "county": plain["county"],
        "bureaus": [{"id": one.id, "name": one.name} for one in document.bureaus],
        "people": [{"id": one.id, "name": one.name} for one in document.people],
        "sites": [
            {name: said for name, said in site.items() if name != "contact"}
            for site in plain["sites"]
            if not sites or site["id"] in sites
        ],
    }


def limits(found: Iterable[Version], subject: str, named: Iterable[str], day: date) -> dict[str, Limit]:
    """Return id → limit of those *named*, from the catalogue or the permits of *subject*; others are in neither."""
    known = {one.id: one for one in LIMITS}
    for version in found:
        known |= {
            one.id: one for each in subjects(version.registry, day) if each.key == subject for one in each.permits
        }
    return {one: known[one] for one in sorted(set(named)) if one in known}


def limits_said(held: Mapping[str, Limit], named: Iterable[str]) -> dict[str, Any]:
    """Return limits.json: the entries in full, and the ids that are no entry of the catalogue (conventions, accounts)."""
    return {
        "limits": [msgspec.to_builtins(one) for one in held.values()],
        "named_without_entry": sorted({one for one in named if one and one not in held}),
        "note": "low、high 为允许值；verified 为 false 的来源待核实 low and high are allowed values; see verified and source",
    }


async def explained(db: Database, subject: str, since: datetime, until: datetime, in_force: Collection[int]) -> str:
    """Return explain.md: each Shanghai day of the span step by step, or why there is no such explanation.

    *in_force*: versions of the registry the verdicts may rest on; the explanation reads the one in force now.
    """
    days = [day_of(since + n * DAY) for n in range((until - since) // DAY)]
    texts = [f"# 计算说明 Explanation\n\n{_by_registry((await db.fetch('registry_version'))[0][0], in_force)}\n"]
    for day in days[:_EXPLAINED_DAYS]:
        try:
            texts.append(await explain(db, subject, day))
        except UseError as exc:
            texts.append(f"该对象没有逐步计算说明 there is no step-by-step explanation of {subject}: {exc.sentence}\n")
            break
    if days[_EXPLAINED_DAYS:]:
        more = f"{days[_EXPLAINED_DAYS]} – {days[-1]}"
        texts.append(f"其余日期 the other days: {more}，见 see `monitor explain {subject} DAY`\n")
    return "\n".join(texts)


def _by_registry(now: int, then: Collection[int]) -> str:
    if now in then:
        return f"按注册表第 {now} 版计算 computed under version {now} of the registry."
    return (
        f"注意：按现行注册表第 {now} 版计算，当时为第 {sorted(then)} 版，见 registry.json"
        f" (computed under the version in force now; then it was another)."
    )
