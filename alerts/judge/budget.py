"""Amounts against budgets: a month of a unit, a year of a unit, of the county or of a permitted load. Pure.

Bands (house reference 5.2; a convention, no national or provincial text was found: part II 7):

| Level | Rule (any) |
|---|---|
| 蓝 notice | used ≥ 80 % of the annual amount, or > 5 % over plan-to-date |
| 黄 warn | used ≥ 90 %, or > 10 % over plan-to-date |
| 橙 projected | projection to the year's end > 100 % |
| 红 over | what is certain > 100 % |

Only what is *certain* convicts: valid days, and estimated days (``e``) inside a gap that began and ended within the
period. A gap shares a measured gain out by time, so its days are certain in sum once a day stands on both sides of it.
A day invalid for another reason (a register fell, a meter lacks: *n_valid* < *n_expected*) is in *used*, never in that.
Amounts are compared with a tolerance of 1e-9, far below any meter's digit, so that rounding alone never convicts.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from alerts.judge.forecast import Plan, above, outlook, span
from schemas.catalog.enums import Level, Outcome
from schemas.records import Mean, Verdict
from schemas.times import day_start, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.judge.forecast import Outlook
    from alerts.judge.verdict import Judged
    from schemas.registry.model import Budget

_ESTIMATED = "e"
_DAY = timedelta(days=1)
_METHOD_MONTH = "按日均推算 run-rate"


class Bands(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of the levels, as shares; house reference 5.2: convention, no national text found (part II 7)."""

    #: 蓝: share of the annual amount; share over plan-to-date.
    notice: float = 0.80
    pace_notice: float = 0.05
    #: 黄: the same.
    warn: float = 0.90
    pace_warn: float = 0.10
    #: Below this share of known days nothing is projected.
    coverage: float = 0.90
    #: Days a month has before it is projected (a house figure).
    min_days: int = 3
    #: Days a year has before it is projected or held against its pace: not before 31 January.
    min_days_year: int = 31


HOUSE = Bands()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """An amount *annual*, in *unit*, allowed from *since* (1 January where absent or earlier) to 31 December.

    *shares*: twelve month shares, calendar days where absent. *extra* goes into the verdict's body as it is.
    A caller who wants a budget that begins within the year prorated does so before.
    """

    annual: float
    unit: str
    task: int
    standard: str
    clause: str
    edition: str
    verified: bool
    limit_id: str
    shares: tuple[float, ...] | None = None
    since: date | None = None
    extra: dict[str, object] = msgspec.field(default_factory=dict)


class _Tally(NamedTuple):
    """What is known of a period: all amounts in its unit. *known*: day → amount fit for a projection."""

    known: dict[date, float]
    used: float
    certain: float
    estimated: float
    n_valid: int
    elapsed: int


def budget_in_force(budgets: Sequence[Budget], day: date) -> Budget | None:
    """Return the budget in force on the Shanghai *day*, or None."""
    held = [budget for budget in budgets if budget.valid_from <= day]
    return max(held, key=lambda budget: budget.valid_from, default=None)


def month_budget(budget: Budget, month: date) -> float:
    """Return tce allowed in the month that begins on *month*: its share of the year, by days where no shares are given."""
    if budget.shares:
        return budget.annual_tce * budget.shares[month.month - 1]
    days_of_year = (date(month.year + 1, 1, 1) - date(month.year, 1, 1)).days
    return budget.annual_tce * (next_month(month) - month).days / days_of_year


def _tally(days: Sequence[tuple[date, Mean]], first: date, through: date) -> _Tally:
    """Return what *days* say of first..through. Raises ValueError where a day has two rows."""
    rows = {day: mean for day, mean in days if first <= day <= through}
    if len(rows) != sum(first <= day <= through for day, _ in days):
        raise ValueError(f"two rows of one day in {first}..{through}")
    elapsed = span(first, through)
    finite = {day: rows[day] for day in elapsed if day in rows and math.isfinite(_amount(rows[day]))}
    valid = [day for day in elapsed if day in finite and finite[day].valid]
    # Before the first valid day an estimate may hold what was used before the period; after the last, what comes after.
    fit = {day: mean for day, mean in finite.items() if mean.valid or _ESTIMATED in mean.marks}
    known = {day: _amount(mean) for day, mean in fit.items() if valid and day >= valid[0]}
    return _Tally(
        known=known,
        used=math.fsum(map(_amount, finite.values())),
        certain=math.fsum(amount for day, amount in known.items() if day <= valid[-1] and _whole(fit[day])),
        estimated=math.fsum(_amount(mean) for mean in finite.values() if not mean.valid and _ESTIMATED in mean.marks),
        n_valid=len(valid),
        elapsed=len(elapsed),
    )


def _amount(mean: Mean) -> float:
    return math.nan if mean.value is None else mean.value


def _whole(mean: Mean) -> bool:
    """Return whether a day is valid or merely estimated: *n_valid* of tce counts parts that are whole, of either kind."""
    return mean.valid or mean.n_valid >= mean.n_expected


def _thin(tally: _Tally, min_days: int, bands: Bands) -> str | None:
    """Return why nothing can be projected, or None. Suppressed when data are thin (house reference 5.2)."""
    n_known = len(tally.known)
    if tally.elapsed >= min_days and not above(bands.coverage * tally.elapsed, n_known):
        return None
    need = f"至少 {min_days} 天且 {bands.coverage:.0%} 的天数有数据"
    return f"数据不足，有效(含期内估算) {n_known}/{tally.elapsed} 天，不作推算({need})"


def _figures(tally: _Tally, through: date) -> dict[str, object]:
    return {
        "through": through.isoformat(),
        "used": tally.used,
        "certain": tally.certain,
        "estimated": tally.estimated,
        "n_valid": tally.n_valid,
        "n_known": len(tally.known),
        "n_expected": tally.elapsed,
    }


def _over(kind: str, level: Level, value: float, bound: float) -> dict[str, object]:
    body: dict[str, object] = {"kind": kind, "level": level.value}
    return body | ({"multiple": round(value / bound - 1, 3)} if bound > 0 and value > bound else {})


def judge_month(
    judged: Judged, days: Sequence[tuple[date, Mean]], budget: Budget | None, through: date, bands: Bands = HOUSE
) -> Verdict:
    """Return the verdict on the month of *through* (the last whole Shanghai day) against its share of the budget.

    *days*: tce of each day that has a row, one a day, in any order; others than the month's are left aside. Red, "over":
    what is certain is more than the month's share. Orange, "projected": the mean of the known days × the month's days
    is, once three days and 90 % of them are known. Else not judgeable (thin data) or compliant. Amounts in tce.

    Raises:
        ValueError: a day has two rows.

    """
    month = month_start(through)
    length = (next_month(month) - month).days
    tally = _tally(days, month, through)
    allowed = month_budget(budget, month) if budget else None
    body = _figures(tally, through) | {"unit": "tce", "task": 12}
    outcome = Outcome.NOT_JUDGEABLE
    if budget is None or allowed is None:
        body["why"] = "没有生效的用能预算"
    else:
        projected = math.fsum(tally.known.values()) / len(tally.known) * length if tally.known else 0.0
        why = _thin(tally, bands.min_days, bands)
        body |= {"allowed": allowed, "projected": projected, "method": _METHOD_MONTH} | _budget_body(budget)
        if above(tally.certain, allowed):
            outcome, body = Outcome.EXCEEDING, body | _over("over", Level.RED, tally.certain, allowed)
        elif why:
            body["why"] = why
        elif above(projected, allowed):
            outcome, body = Outcome.EXCEEDING, body | _over("projected", Level.ORANGE, projected, allowed)
        else:
            outcome = Outcome.COMPLIANT
    return _verdict(
        judged, (month, next_month(month)), outcome, (tally.used, allowed), f"budget.{judged.subject}", body
    )


def _budget_body(budget: Budget) -> dict[str, object]:
    return {
        "electricity": budget.electricity.value,
        "annual_tce": budget.annual_tce,
        "standard": "县用能预算",
        "clause": "（十二）重点用能单位年度用能预算管理",
        "edition": budget.valid_from.isoformat(),
        "verified": True,
    }


def judge_year(
    judged: Judged, days: Sequence[tuple[date, Mean]], target: Target, through: date, bands: Bands = HOUSE
) -> Verdict:
    """Return the verdict on the year of *through* (the last whole Shanghai day) against an annual amount.

    Serves a unit's budget, the county's cap and a permitted load alike. *days*: the amount of each day that has a row,
    in the target's unit, one a day, in any order; others than the span's are left aside. Levels: see the module. *used*
    is measured; missing days are filled for the projection alone and told apart (*filled*). Before the 31st day, or
    with less than 90 % of the days known, neither projection nor pace is held against anybody: only what stands in
    absolute figures speaks, and where that is silent too the year is not judgeable.

    Raises:
        ValueError: a day has two rows.

    """
    first = max(target.since or date.min, date(through.year, 1, 1))
    plan = Plan(target.annual, first, date(first.year, 12, 31), target.shares)
    tally = _tally(days, first, through)
    why = "预算或限值尚未生效" if first > through else _thin(tally, bands.min_days_year, bands)
    ahead = None if why else outlook(tally.known, plan, through)
    planned = target.annual * plan.share(through)
    body = _figures(tally, through) | _target_body(target, tally, planned)
    found = _found(tally, target.annual, planned, ahead, bands)
    outcome = Outcome.EXCEEDING if found else Outcome.COMPLIANT
    if ahead is not None:
        body |= ahead.body()
    elif found:
        body["note"] = why
    else:
        outcome, body["why"] = Outcome.NOT_JUDGEABLE, why
    window = (first, plan.last + _DAY)
    return _verdict(judged, window, outcome, (tally.used, target.annual), target.limit_id, body | found)


def _target_body(target: Target, tally: _Tally, planned: float) -> dict[str, object]:
    return {
        "allowed": target.annual,
        "use_rate": tally.used / target.annual if target.annual > 0 else None,
        "plan_to_date": planned,
        "over_plan": tally.used / planned - 1 if planned > 0 else None,
        "unit": target.unit,
        "task": target.task,
        "standard": target.standard,
        "clause": target.clause,
        "edition": target.edition,
        "verified": target.verified,
        **target.extra,
    }


def _found(tally: _Tally, annual: float, planned: float, ahead: Outlook | None, bands: Bands) -> dict[str, object]:
    """Return kind and level of the gravest rule that holds, or nothing."""
    if above(tally.certain, annual):
        return _over("over", Level.RED, tally.certain, annual)
    if ahead is not None and above(ahead.median, annual):
        return _over("projected", Level.ORANGE, ahead.median, annual)
    for kind, level, share, pace in (
        ("warn", Level.YELLOW, bands.warn, bands.pace_warn),
        ("notice", Level.BLUE, bands.notice, bands.pace_notice),
    ):
        if not above(share * annual, tally.used) or (ahead is not None and above(tally.used, (1 + pace) * planned)):
            return _over(kind, level, tally.used, annual)
    return {}


def _verdict(
    judged: Judged,
    window: tuple[date, date],
    outcome: Outcome,
    amounts: tuple[float, float | None],
    limit_id: str,
    body: dict[str, object],
) -> Verdict:
    return Verdict(
        rule=judged.rule,
        subject=judged.subject,
        point_id=judged.point_id,
        window_start=day_start(window[0]),
        window_end=day_start(window[1]),
        outcome=outcome,
        value=amounts[0],
        limit_value=amounts[1],
        limit_id=limit_id,
        body=body,
    )
