"""In-service coal boilers: five points more than in 2015 (plan task 13), month by month. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from alerts.judge.verdict import Judged, Said, judge_limit
from schemas.catalog.limits import in_force
from schemas.times import day_of

if TYPE_CHECKING:
    from alerts.judge.subjects import Subject
    from schemas.records import Mean, Verdict


def judge_progress(subject: Subject, judged: Judged, month: Mean) -> Verdict | None:
    """Return the verdict on a month's efficiency against the baseline + 5 points; None where the plan is not in force."""
    limit = in_force(subject.scope, subject.factor, "month", day=day_of(judged.start), built=subject.built)
    if limit is None or limit.low is None or subject.amount is None:
        return None
    gain = None if month.value is None else month.value - subject.amount
    measured = msgspec.structs.replace(month, value=gain, low=None, high=None)
    note = f"2015年基准 {subject.amount:.1f}%" + ("" if month.value is None else f"，本月 {month.value:.1f}%")
    return judge_limit(
        judged, measured, limit, Said(note=note, extra={"baseline": subject.amount, "efficiency": month.value})
    )
