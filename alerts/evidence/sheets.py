"""What was judged and derived, and what people said and did: the tables of a bundle."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.evidence.folder import beijing, just_before
from schemas.catalog.duty import EVENT_ZH, EventKind
from schemas.catalog.enums import MARK_KIND_ZH, MARK_LETTER, Basis, MarkKind
from schemas.times import day_of, day_start, to_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.evidence.folder import Bundle
    from alerts.evidence.scope import Watched
    from alerts.judge.rules import Rule
    from schemas.records import Limit
    from schemas.runtime.database import Database

_AT_ONCE = 2000
_HOUR_PAGE = 5000
_OF_VERDICT = (
    "rounded", "multiple", "low", "high", "unit", "standard", "clause", "edition", "source", "verified", "suspected", "n_valid",
    "n_expected", "marks", "note", "why", "rule_version",
)  # fmt: skip
_VERDICT = (
    "verdict_id", "rule", "subject", "point_id", "window_start", "window_end", "window_start_beijing", "outcome", "value",
    "decimals", "share", "limit_value", "limit_id", *_OF_VERDICT, "judged_at", "amended_at", "body",
)  # fmt: skip
_MEAN = (
    "value", "low", "high", "n_valid", "n_expected", "valid", "marks", "note", "n_received", "n_late", "n_stopped", "n_checked",
    "rule_version", "derived_at",
)  # fmt: skip
_POINT = ("point_id", "site", "device", "factor")
_HISTORY = (
    "seq", "event_id", "incident_id", "at_utc", "at_beijing", "kind", "kind_zh", "actor", "body", "digest", "previous_digest",
)  # fmt: skip
_NOTICE = (
    "notice_id", "event_id", "step", "step_zh", "channel", "recipient", "name", "level", "made_at", "attempts", "sent_at",
    "receipt", "given_up_at", "digest_id", "title", "text",
)  # fmt: skip
_MARK = (
    "mark_id", "site", "device", "points", "kind", "kind_zh", "letter", "since", "until", "reason", "evidence", "made_by",
    "made_at", "withdrawn_by", "withdrawn_at",
)  # fmt: skip
_ACT = ("seq", "at_beijing", "kind", "kind_zh", "actor")
_ACTS = frozenset({
    EventKind.ACKED, EventKind.ACK_EXPIRED, EventKind.NOTED, EventKind.FEEDBACK, EventKind.REASSIGNED, EventKind.SETTLED,
    EventKind.UNSETTLED,
})  # fmt: skip
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
_ZH: Mapping[str, str] = {kind.value: zh for kind, zh in EVENT_ZH.items()}


async def verdicts(
    db: Database,
    made: Bundle,
    subject: str,
    span: tuple[datetime, datetime],
    rules: Mapping[str, Rule],
    limits: Mapping[str, Limit],
) -> int:
    """Write verdicts.csv: all on windows of *subject* in *span*, those amended later too; return how many."""
    count, after = 0, (datetime.fromisoformat("0001-01-01T00:00:00Z"), 0)
    with made.table("verdicts.csv", _VERDICT) as row:
        while rows := await db.fetch_dicts(
            "evidence_verdicts", subject=subject, since=span[0], until=span[1], after_at=after[0], after_id=after[1],
            at_most=_AT_ONCE,
        ):  # fmt: skip
            for one in rows:
                rule, limit, body = rules.get(one["rule"]), limits.get(one["limit_id"]), one["body"]
                row([
                    *(one[name] for name in ("verdict_id", "rule", "subject", "point_id", "window_start", "window_end")),
                    beijing(one["window_start"]), one["outcome"], one["value"], limit.decimals if limit else None,
                    body.get("share", rule.share if rule else None), one["limit_value"], one["limit_id"],
                    *(body.get(name) for name in _OF_VERDICT), one["judged_at"], one["amended_at"], body,
                ])  # fmt: skip
            count, after = count + len(rows), (rows[-1]["window_start"], rows[-1]["verdict_id"])
    return count


async def derived(db: Database, made: Bundle, points: Iterable[Watched], span: tuple[datetime, datetime]) -> None:
    """Write hours.csv, days.csv and months.csv of *points*: the derived values with their counts, marks and rule version."""
    points = list(points)
    with made.table("hours.csv", (*_POINT, "start_utc", "start_beijing", *_MEAN)) as row:
        for point in points:
            after = just_before(span[0])
            while rows := await db.fetch(
                "evidence_hours", point=point.point_id, after=after, until=span[1], at_most=_HOUR_PAGE
            ):
                for hour, *mean in rows:
                    row((*point[:4], hour, beijing(hour), *mean))
                after = rows[-1][0]
    first, last = day_of(span[0]), day_of(just_before(span[1]))
    for basis, name in ((Basis.DAY, "days"), (Basis.MONTH, "months")):
        with made.table(f"{name}.csv", (*_POINT, basis.value, "start_utc", *_MEAN)) as row:
            for point in points:
                for day, *mean in await db.fetch(f"evidence_{name}", point=point.point_id, first=first, last=last):
                    row((*point[:4], day.isoformat(), day_start(day), *mean))


async def marks(db: Database, made: Bundle, points: Iterable[Watched], span: tuple[datetime, datetime]) -> int:
    """Write marks.csv: what persons said of the span, marks taken back too; return how many."""
    names = {one.point_id: one.factor for one in points}
    rows = await db.fetch_dicts("evidence_marks", points=sorted(names), since=span[0], until=span[1])
    with made.table("marks.csv", _MARK) as row:
        for one in rows:
            kind = MarkKind(one["kind"])
            factors = " ".join(sorted(names.get(point, f"#{point}") for point in one["point_ids"]))
            row([
                one["mark_id"], one["site_id"], one["device_id"], factors, kind.value, MARK_KIND_ZH[kind], MARK_LETTER[kind],
                *(one[name] for name in _MARK[7:]),
            ])  # fmt: skip
    return len(rows)


async def history(db: Database, made: Bundle, incident_id: int) -> list[dict[str, Any]]:
    """Write history.jsonl (with the exact text hashed) and history.csv of an incident, and the chain they stand in.

    Return what people did of it: acknowledged, handed over, gave feedback, closed.
    """
    acts = []
    with made.file("history.jsonl") as file:
        async for one in _lines(db, incident_id):
            file.write(json.dumps(one, ensure_ascii=False) + "\n")
            if one["kind"] in _ACTS:
                acts.append({name: one[name] for name in _ACT} | {"body": json.loads(one["body"])})
    with made.table("history.csv", _HISTORY) as row:
        async for one in _lines(db, incident_id):
            row([one[name] for name in _HISTORY])
    with made.table("chain.csv", ("seq", "digest", "previous_digest")) as row:
        after = 0
        while rows := await db.fetch("evidence_chain", incident_id=incident_id, after=after, at_most=_AT_ONCE):
            for link in rows:
                row(link)
            after = rows[-1][0]
    return acts


async def _lines(db: Database, incident_id: int) -> Any:
    after = 0
    while rows := await db.fetch_dicts("evidence_history", incident_id=incident_id, after=after, at_most=_AT_ONCE):
        for one in rows:
            # Whole microseconds, as the text that was hashed says them.
            at = datetime.fromisoformat("1970-01-01T00:00:00Z") + timedelta(microseconds=to_us(one["at"]))
            yield {
                "seq": one["seq"], "event_id": one["event_id"], "incident_id": one["incident_id"],
                "at_utc": at.isoformat(timespec="microseconds"), "at_beijing": beijing(at), "kind": one["kind"],
                "kind_zh": _ZH.get(one["kind"], one["kind"]), "actor": one["actor"], "body": one["body"],
                "digest": one["digest"].hex(), "previous_digest": (one["previous_digest"] or b"").hex(), "text": one["said"],
            }  # fmt: skip
        after = rows[-1]["seq"]


async def notices(db: Database, made: Bundle, incident_id: int, people: Mapping[str, str]) -> int:
    """Write notices.csv: who was told, how and with what receipt, without telephone numbers; return how many.

    *people*: id → name.
    """
    rows = await db.fetch_dicts("evidence_notices", incident_id=incident_id)
    with made.table("notices.csv", _NOTICE) as row:
        for one in rows:
            known = {"step_zh": _ZH.get(one["step"], one["step"]), "name": people.get(one["recipient"], "")}
            row([_unphoned((one | known)[name]) for name in _NOTICE])
    return len(rows)


def _unphoned(one: object) -> object:
    return _PHONE.sub("〔电话略〕", one) if isinstance(one, str) else one
