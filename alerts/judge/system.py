"""The service judged by its own rule: what was received must be stored, a duplicate, rejected or in hand.

Ingest proves its sums every few seconds and leaves the result in `self_check`. What does not agree for a minute is an
incident like others, since a plant whose values go astray unseen is a plant unwatched (design, promise 2).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from alerts.judge.subjects import Subject
from schemas.catalog.enums import Outcome
from schemas.records import Verdict

RULE = "conservation"
_WRONG_FOR = timedelta(seconds=60)


def subject_of(worker: str) -> Subject:
    """Return whose sums are judged."""
    return Subject(
        rule=RULE, key=f"ingest/{worker}", site_id="", title=f"接收守恒 {worker}", point_id=0, basis="", factor=""
    )


def gone(rule: str, key: str) -> Subject:
    """Return a subject that the registry no longer has, so that its incidents can be withdrawn."""
    return Subject(rule=rule, key=key, site_id=key.split("/", 1)[0], title=key, point_id=0, basis="", factor="")


def judge_check(check: dict[str, Any], last: str | None) -> Verdict | None:
    """Return the verdict on one worker's self check, or None while the *last* outcome still stands.

    Sums that disagree for less than a minute move nothing: neither open nor close.
    """
    since: datetime | None = check["wrong_since"]
    checked: datetime = check["checked_at"]
    if since is not None and checked - since < _WRONG_FOR:
        return None
    outcome = Outcome.COMPLIANT if since is None else Outcome.EXCEEDING
    if outcome == (last or Outcome.COMPLIANT):
        return None
    body = check["body"]
    astray = body["values_astray"] or body["messages_astray"]
    note = f"消息差 {body['messages_astray']}，数值差 {body['values_astray']}"
    if body.get("tally_astray"):
        note += f"，累计不符: {'、'.join(body['tally_astray'])}"
    return Verdict(
        rule=RULE,
        subject=f"ingest/{check['worker']}",
        point_id=None,
        window_start=since or checked,
        window_end=checked,
        outcome=outcome,
        value=float(abs(astray)),
        limit_value=0.0,
        limit_id="system-conservation",
        body={
            "unit": "条",
            "high": 0.0,
            "standard": "系统自检",
            "clause": "接收 = 入库 + 重复 + 拒收 + 处理中",
            "edition": "1",
            "note": note,
        },
    )
