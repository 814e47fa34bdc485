"""Value × limit in force × validity → verdict. Pure: the same facts give the same verdict on any day.

Three outcomes. What is missing or invalid is *not judgeable*, never compliant (promise 6). Values are rounded half to
even (GB/T 8170) to the decimals of the limit before they are compared.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import msgspec

from schemas.catalog.enums import Outcome
from schemas.records import Limit, Mean, Verdict
from schemas.times import DAY, HOUR, day_start, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.registry.model import Budget

#: Below this share of the elapsed days with valid data, or before this many days, a month is not projected.
_COVERAGE = 0.9
_MIN_DAYS = 3


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The thing a fact belongs to."""

    rule: str
    subject: str
    point_id: int
    basis: str
    start: datetime


def rounded(value: float, decimals: int) -> float:
    """Return *value* rounded half to even to *decimals*, as written in decimal."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN))


def judge_limit(judged: Judged, mean: Mean, limit: Limit | None, *, note: str = "") -> Verdict:
    """Return the verdict on an hour or day value against the legal limit that binds it."""
    end = judged.start + (HOUR if judged.basis == "hour" else DAY)
    if limit is None:
        return _verdict(judged, end, Outcome.NOT_JUDGEABLE, mean.value, None, {"why": "当日没有适用的限值"})
    body: dict[str, object] = {
        "n_valid": mean.n_valid,
        "n_expected": mean.n_expected,
        "marks": mean.marks,
        "note": "；".join(part for part in (mean.note, note) if part),
        "standard": limit.standard,
        "clause": limit.clause,
        "edition": limit.edition,
        "unit": limit.unit,
        "task": limit.task,
        "low": limit.low,
        "high": limit.high,
        "verified": limit.verified,
    }
    if not mean.valid or mean.value is None or not math.isfinite(mean.value):
        why = mean.note or f"有效数据不足 {mean.n_valid}/{mean.n_expected}"
        return _verdict(judged, end, Outcome.NOT_JUDGEABLE, mean.value, limit, body | {"why": why})
    value = rounded(mean.value, limit.decimals)
    bound = _broken(value, limit)
    if bound is None:
        return _verdict(judged, end, Outcome.COMPLIANT, mean.value, limit, body)
    # 超标倍数 (C − L)/L; for a lower bound the shortfall.
    return _verdict(
        judged, end, Outcome.EXCEEDING, mean.value, limit, body | {"multiple": round(abs(value - bound) / bound, 3)}
    )


def _broken(value: float, limit: Limit) -> float | None:
    if limit.high is not None and value > limit.high:
        return limit.high
    if limit.low is not None and value < limit.low:
        return limit.low
    return None


def _verdict(
    judged: Judged, end: datetime, outcome: Outcome, value: float | None, limit: Limit | None, body: dict[str, object]
) -> Verdict:
    bound = None if limit is None else (limit.high if limit.high is not None else limit.low)
    return Verdict(
        rule=judged.rule,
        subject=judged.subject,
        point_id=judged.point_id,
        window_start=judged.start,
        window_end=end,
        outcome=outcome,
        value=value,
        limit_value=bound,
        limit_id=limit.id if limit else "",
        body=body,
    )


def budget_in_force(budgets: Sequence[Budget], day: date) -> Budget | None:
    """Return the budget in force on *day*."""
    held = [budget for budget in budgets if budget.valid_from <= day]
    return max(held, key=lambda budget: budget.valid_from, default=None)


def month_budget(budget: Budget, month: date) -> float:
    """Return tce allowed in the month that begins on *month*: its share of the year, by days where no shares are given."""
    if budget.shares:
        return budget.annual_tce * budget.shares[month.month - 1]
    days_of_year = (month.replace(month=12, day=31) - month.replace(month=1, day=1)).days + 1
    return budget.annual_tce * (next_month(month) - month).days / days_of_year


def judge_month(judged: Judged, days: Sequence[tuple[date, Mean]], budget: Budget | None, through: date) -> Verdict:
    """Return the verdict on the month of *through* (the last whole day), month to date and projected by run-rate.

    *days*: tce of each day of the month so far that has a row. Over the month's budget: exceeding. On course to be:
    exceeding too, said so, once three days and 90 % of them are known (house reference 5.2: suppressed when data are thin).
    """
    month = month_start(through)
    elapsed = (through - month).days + 1
    length = (next_month(month) - month).days
    known = [mean for day, mean in days if mean.value is not None and month <= day <= through]
    valid = sum(mean.valid for mean in known)
    used = math.fsum(mean.value or 0.0 for mean in known)
    # A day that is not valid may hold what a meter counted before the month began: only valid days can convict.
    certain = math.fsum(mean.value or 0.0 for mean in known if mean.valid)
    allowed = month_budget(budget, month) if budget else None
    body: dict[str, object] = {
        "through": through.isoformat(),
        "n_valid": valid,
        "n_expected": elapsed,
        "unit": "tce",
        "task": 12,
    }
    if budget is None or allowed is None:
        return _month(judged, Outcome.NOT_JUDGEABLE, used, None, body | {"why": "没有生效的用能预算"})
    projected = certain / valid * length if valid else 0.0
    body |= {
        "used": used,
        "allowed": allowed,
        "projected": projected,
        "method": "按日均推算 run-rate",
        "electricity": budget.electricity.value,
        "annual_tce": budget.annual_tce,
        "standard": "县用能预算",
        "clause": "（十二）重点用能单位年度用能预算管理",
        "edition": budget.valid_from.isoformat(),
        "verified": True,
    }
    if certain > allowed:
        return _month(
            judged,
            Outcome.EXCEEDING,
            used,
            allowed,
            body | {"kind": "over", "multiple": round(certain / allowed - 1, 3)},
        )
    if elapsed < _MIN_DAYS or valid < _COVERAGE * elapsed:
        return _month(
            judged,
            Outcome.NOT_JUDGEABLE,
            used,
            allowed,
            body | {"why": f"数据不足，有效 {valid}/{elapsed} 天，不作推算"},
        )
    if projected > allowed:
        return _month(
            judged,
            Outcome.EXCEEDING,
            used,
            allowed,
            body | {"kind": "projected", "multiple": round(projected / allowed - 1, 3)},
        )
    return _month(judged, Outcome.COMPLIANT, used, allowed, body)


def _month(judged: Judged, outcome: Outcome, used: float, allowed: float | None, body: dict[str, object]) -> Verdict:
    month = judged.start
    return Verdict(
        rule=judged.rule,
        subject=judged.subject,
        point_id=judged.point_id,
        window_start=month,
        window_end=day_start(next_month((month + timedelta(hours=12)).date())),
        outcome=outcome,
        value=used,
        limit_value=allowed,
        limit_id=f"budget.{judged.subject}",
        body=body,
    )
