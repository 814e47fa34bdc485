"""A boiler's three-in-one file 安全、节能、环保 held against the calendar (plan task 13). Pure.

How often each check falls due is not known here: the file says when (`Check.next_due`), and the rules behind it (safety
inspection; energy tests after TSG 91-2021 [mem]; emission tests after the discharge permit) are the inspectors' own.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from schemas.catalog.enums import CHECK_ZH, CheckKind, Level, Outcome
from schemas.records import Verdict
from schemas.times import day_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.registry.model import Boiler, Check, Site

RULE = "boiler_check_overdue"
#: Overdue longer than this is orange; so long before it falls due, at most, one is reminded (house convention).
GRAVE_AFTER_DAYS = 30
REMIND_DAYS = 30
#: And never earlier than the last quarter of the time between two checks, or a monthly one would always be due.
_REMIND_SHARE = 4
_DAY = timedelta(days=1)


class _Stage(NamedTuple):
    """What the file says from *since* on; *kind* "" is in order."""

    since: date
    outcome: Outcome
    kind: str
    level: Level | None
    note: str
    due: date | None = None


def subject_key(site: Site, boiler: Boiler, kind: CheckKind) -> str:
    """Return the key of what is judged: one kind of check of one boiler."""
    return f"{site.id}/{boiler.id}/{kind}"


def check_verdicts(site: Site, boiler: Boiler, today: date) -> list[Verdict]:
    """Return all that the file of *boiler* says up to the Shanghai day *today*, each kind's stages in their order.

    Compliant from the day a check was passed; exceeding, softly ("due_soon", blue), at most 30 days before the next falls
    due, then overdue from the day after ("overdue", yellow, orange after 30 days) until one is passed; exceeding from the
    day of a failed one ("failed", orange) until one is passed. Without a check on file: not judgeable from the day of
    manufacture. The list is the whole truth of its subjects: windows judged before and no longer in it are void.
    """
    return [
        _verdict(subject_key(site, boiler, kind), kind, stage, after, today)
        for kind in CheckKind
        for stage, after in _with_next(_stages(boiler, kind, today))
    ]


def _stages(boiler: Boiler, kind: CheckKind, today: date) -> list[_Stage]:
    # Of two on one day the later line of the file stands: a second try.
    by_day = {check.done: check for check in boiler.checks if check.kind is kind and check.done <= today}
    checks = [by_day[done] for done in sorted(by_day)]
    if not checks:
        since, note = min(boiler.manufactured, today), f"{CHECK_ZH[kind]}档案缺失，无检验记录"
        return [_Stage(since, Outcome.NOT_JUDGEABLE, "missing", None, note)]
    found: list[_Stage] = []
    for number, check in enumerate(checks):
        until = checks[number + 1].done if number + 1 < len(checks) else today + _DAY
        found += [stage for stage in _of_check(check) if stage.since < until]
    return found


def _of_check(check: Check) -> Iterator[_Stage]:
    name, by = CHECK_ZH[check.kind], f"（{check.body}）" if check.body else ""
    if check.result == "failed":
        note = f"{check.done:%Y-%m-%d} {name}不合格{by}，复检合格前持续"
        yield _Stage(check.done, Outcome.EXCEEDING, "failed", Level.ORANGE, note)
        return
    due = check.next_due
    yield _Stage(check.done, Outcome.COMPLIANT, "", None, f"{check.done:%Y-%m-%d} {name}合格{by}", due)
    lead = min(timedelta(days=REMIND_DAYS), (due - check.done) // _REMIND_SHARE)
    if lead >= _DAY:
        yield _Stage(due - lead, Outcome.EXCEEDING, "due_soon", Level.BLUE, f"{name}即将到期", due)
    overdue = max(due, check.done) + _DAY
    yield _Stage(overdue, Outcome.EXCEEDING, "overdue", Level.YELLOW, f"{name}已逾期", due)
    grave = overdue + timedelta(days=GRAVE_AFTER_DAYS)
    yield _Stage(grave, Outcome.EXCEEDING, "overdue", Level.ORANGE, f"{name}逾期 {GRAVE_AFTER_DAYS} 日以上", due)


def _with_next(stages: Sequence[_Stage]) -> Iterator[tuple[_Stage, date | None]]:
    for number, stage in enumerate(stages):
        yield stage, stages[number + 1].since if number + 1 < len(stages) else None


def _verdict(subject: str, kind: CheckKind, stage: _Stage, after: date | None, today: date) -> Verdict:
    end: datetime = day_start(after or today + _DAY)
    body: dict[str, object] = {
        "standard": "永兴县“十三五”节能减排综合工作方案",
        "clause": f"（十三）安全、节能、环保三位一体监管：{CHECK_ZH[kind]}",
        "edition": "2018",
        "source": "plan task 13; due dates as on file; 30 days are a house convention",
        "note": stage.note,
    }
    if stage.kind:
        body["kind"] = stage.kind
    if stage.level is not None:
        body["level"] = stage.level.value
    if stage.due is not None:
        body["due"] = stage.due.isoformat()
    if stage.outcome is Outcome.NOT_JUDGEABLE:
        body["why"] = "档案缺失"
    return Verdict(
        rule=RULE,
        subject=subject,
        point_id=None,
        window_start=day_start(stage.since),
        window_end=end,
        outcome=stage.outcome,
        value=None,
        limit_value=None,
        limit_id=f"file-{kind}",
        body=body,
    )
