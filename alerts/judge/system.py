"""The service judged by its own rule: what was received must be stored, a duplicate, rejected or in hand.

Ingest proves its sums every few seconds and leaves the result in `self_check`. What does not agree for a minute is an
incident like others, since a plant whose values go astray unseen is a plant unwatched (design, promise 2).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.judge.subjects import Subject
from schemas.catalog.enums import Outcome
from schemas.records import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.runtime.database import Database

RULE, BROKEN = "conservation", "settings_broken"
_FILES = "file/"
_WRONG_FOR = timedelta(seconds=60)


def gone(rule: str, key: str) -> Subject:
    """Return a subject that the registry does not have: one of the service's own, or one whose incidents are to be withdrawn."""
    titles = {RULE: f"接收守恒 {key.removeprefix('ingest/')}", BROKEN: f"文件 {key.removeprefix(_FILES)}"}
    title = titles.get(rule, key)
    site = "" if rule in titles else key.split("/", 1)[0]
    return Subject(rule=rule, key=key, site_id=site, title=title, point_id=0, basis="", factor="")


async def judge(db: Database, broken: Mapping[str, str | None], now: datetime) -> list[Verdict]:
    """Return what there is to say of the service itself, where something changed: ingest's sums, and files that are *broken*.

    *broken*: name of a file that is read while we run → what is wrong with it, None where it is sound.
    """
    checks = await db.fetch_dicts("self_checks", rule=RULE)
    found = [one for check in checks if (one := judge_check(check, check["last"])) is not None]
    keys = {f"{_FILES}{name}": why for name, why in broken.items()}
    rows = await db.fetch("watch_standing", rules=[BROKEN] * len(keys), subjects=list(keys)) if keys else []
    last = {subject: outcome for _, subject, outcome, _, _ in rows}
    return found + [one for key, why in keys.items() if (one := judge_file(key, why, last.get(key), now)) is not None]


def judge_file(key: str, why: str | None, last: str | None, now: datetime) -> Verdict | None:
    """Return the verdict on a file at *now*, or None while the *last* outcome still stands."""
    outcome = Outcome.COMPLIANT if why is None else Outcome.EXCEEDING
    if outcome == (last or Outcome.COMPLIANT):
        return None
    return Verdict(
        rule=BROKEN,
        subject=key,
        point_id=None,
        window_start=now,
        window_end=now,
        outcome=outcome,
        value=None,
        limit_value=None,
        limit_id="system-files",
        body={"standard": "系统自检", "clause": "运行中读取的文件", "edition": "1", "note": why or "已改正"},
    )


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
