"""Makes a bundle: all that one incident rests on, as of one instant, in a folder or a .zip that checks itself.

Making evidence changes nothing that it shows: it leaves no line in the history, only in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.evidence import papers, raw, sheets
from alerts.evidence.folder import bundle
from alerts.evidence.scope import Scope, scope, span, subject_of
from alerts.evidence.words import README
from alerts.judge.rules import Rule
from schemas.errors import UseError
from schemas.runtime import logs
from schemas.times import day_of

if TYPE_CHECKING:
    from alerts.evidence.folder import Bundle
    from alerts.evidence.papers import Version
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
_FORMAT = 1
#: Bytes of a reading's line, and how much larger raw messages are than kept (measured on the simulator; for a first guess).
_LINE_BYTES, _UNPACKED = 110, 10


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. *rules*: name → rule in force, of *rules_version*; *say* is told the guessed size in bytes beforehand."""

    incident_id: int
    out: Path
    made_by: str
    made_at: datetime
    rules: Mapping[str, Rule]
    rules_version: str
    say: Callable[[int], object]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. *gone*, *broken*: numbers of batches no longer kept, and of those that do not give their digest."""

    files: int
    size_bytes: int
    readings: int
    batches: int
    verdicts: int
    gone: tuple[int, ...]
    broken: tuple[int, ...]
    manifest_sha256: str


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """The incident and what it rests on."""

    row: dict[str, Any]
    span: tuple[datetime, datetime]
    scope: Scope
    versions: list[Any]
    limit_ids: set[str]
    rule_versions: set[str]


async def make(db: Database, order: Order) -> Made:
    """Write the bundle of *order*; memory is bounded by a page of rows and one batch.

    Raises:
        UseError: there is no such incident, or something stands at the place named.
        MonitorError: it cannot be written; nothing is left behind.

    """
    async with db.transaction():
        # One instant for all files: what is judged meanwhile must not make them disagree.
        await db.execute("explain_snapshot")
        case = await _case(db, order.incident_id)
        numbers = [one.point_id for one in case.scope.sent]
        guessed = await raw.size(db, numbers, *case.span)
        order.say(guessed.readings * _LINE_BYTES + guessed.stored_bytes * _UNPACKED)
        with bundle(order.out, order.made_at) as made:
            done = await _write(db, made, order, case)
    _LOG.info("evidence made", incident=order.incident_id, by=order.made_by, manifest=done.manifest_sha256)
    return done


async def _case(db: Database, incident_id: int) -> _Case:
    rows = await db.fetch_dicts("evidence_incident", incident_id=incident_id)
    if not rows:
        raise UseError(
            f"没有事件 {incident_id} (no such incident).", "See the numbers on the desk or under /api/incidents."
        )
    row = rows[0]
    since, until = span(row)
    heads = await db.fetch("evidence_verdict_heads", subject=row["subject"], since=since, until=until)
    judged_last = max((at for *_, at in heads), default=row["opened_at"])
    found = await papers.versions(db, row["began_at"], max(judged_last, row["began_at"], row["opened_at"]))
    return _Case(
        row=row,
        span=(since, until),
        scope=scope(_knowing(found, row).registry, row, _points(row, heads)),
        versions=found,
        limit_ids={limit for _, _, limit, *_ in heads} | {str(row["body"].get("limit_id") or "")},
        rule_versions={said for *_, said, _ in heads if said},
    )


def _points(row: Mapping[str, Any], heads: list[tuple[Any, ...]]) -> list[int | None]:
    return [point for rule, point, *_ in heads if rule == row["rule"]] + [row["body"].get("point_id")]


def _knowing(found: list[Version], row: Mapping[str, Any]) -> Version:
    """Return the first version of the registry that knows the subject, else the first."""
    day = day_of(row["began_at"])
    return next((one for one in found if subject_of(one.registry, row["rule"], row["subject"], day)), found[0])


async def _write(db: Database, made: Bundle, order: Order, case: _Case) -> Made:
    row, where = case.row, case.scope
    rule = order.rules.get(row["rule"])
    limits = papers.limits(case.versions, row["subject"], case.limit_ids, day_of(row["began_at"]))
    people = {one.id: one.name for each in case.versions for one in each.registry.document.people}
    text = papers.summary(row, rule)
    made.text("README.txt", README.format(incident_id=order.incident_id, summary=text))
    made.text("check.py", files("alerts.evidence").joinpath("check.py").read_text(encoding="utf-8"))
    count = await sheets.verdicts(db, made, row["subject"], case.span, order.rules, limits)
    made.json("limits.json", papers.limits_said(limits, case.limit_ids))
    made.json("registry.json", papers.registry(case.versions, where.sites, row["began_at"]))
    await sheets.derived(db, made, where.all, case.span)
    stored = await raw.write(db, made, where.sent, *case.span)
    await sheets.marks(db, made, where.sent, case.span)
    acts = await sheets.history(db, made, order.incident_id)
    await sheets.notices(db, made, order.incident_id, people)
    held = {one.registry.version_id for one in case.versions}
    made.text("explain.md", await papers.explained(db, row["subject"], *case.span, held))
    said = _said(order, case, rule, acts) | {"summary": text, "raw": await _raw_said(db, case, stored)}
    made.json("incident.json", said)
    return _seal(made, order, stored, count)


def _said(order: Order, case: _Case, rule: Rule | None, acts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "incident": case.row,
        "rule": {
            "name": case.row["rule"],
            "text": msgspec.to_builtins(rule) if rule else None,
            "version_now": order.rules_version,
            "versions_in_verdicts": sorted(case.rule_versions),
            "note": "text 为生成时有效的规则；版本与判定所记不同时，规则已改过 the rule as in force when the bundle was made;"
            " where its version is not that of the verdicts it was changed since",
        },
        "deadlines": {name: at for name, at in case.row.items() if name.endswith("_due")},
        "acknowledgements": acts,
        "points": [one._asdict() for one in case.scope.all],
    }


async def _raw_said(db: Database, case: _Case, stored: raw.Raw) -> dict[str, Any]:
    since, until = case.span
    points = [one.point_id for one in case.scope.sent]
    kept = (await db.fetch("room_first"))[0][0]
    before = min(until, kept) if kept is not None else until
    dropped = (await db.fetch("evidence_dropped", points=points, since=since, before=before))[0][0]
    waiting = (await db.fetch("evidence_stale", points=points, since=since, until=until))[0][0]
    return {
        "since": since, "until": until, "readings": stored.readings, "batches": stored.batches,
        "batches_no_longer_kept": stored.gone, "hours_waiting": waiting, "hours_without_readings": dropped,
        "readings_before": before.isoformat() if dropped else None,
        "note": "readings_before：此前的原始读数已过保存期，不再保存 readings before it are past their time and no longer kept;"
        " hours_waiting：待重算的小时 hours to be derived again",
    }  # fmt: skip


def _seal(made: Bundle, order: Order, stored: raw.Raw, verdicts: int) -> Made:
    """Write the manifest of all files, and its digest."""
    listed = {name: one._asdict() for name, one in made.files.items()}
    made.json(
        "manifest.json",
        {
            "format": _FORMAT, "incident_id": order.incident_id, "made_at": order.made_at, "made_by": order.made_by,
            "program": "yongxing-monitor", "program_version": version("yongxing-monitor"), "files": listed,
        },
    )  # fmt: skip
    digest = made.files["manifest.json"].sha256
    made.text("manifest.sha256", f"{digest}  manifest.json\n")
    return Made(
        files=len(made.files), size_bytes=sum(one.bytes for one in made.files.values()),
        readings=stored.readings, batches=stored.batches, verdicts=verdicts, gone=stored.gone, broken=stored.broken,
        manifest_sha256=digest,
    )  # fmt: skip
