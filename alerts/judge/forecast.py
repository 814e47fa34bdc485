"""Where a year's amount is heading: three projections, a band and a probability, from day values. Pure.

House reference 5.2 names the projections and asks that the method be published with the number. The band and the
probability are a house method (no standard text): a normal approximation on the daily values. All amounts are in the
unit of the days; dates are Shanghai days.
"""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from schemas.times import month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METHOD = (
    "按日均推算 run-rate、按月份额推算 seasonal、按计划进度推算 budget pace，取中位数；"
    "超限概率与95%区间: 近期日值正态近似，计一阶自相关；缺数日以近4周同星期日均值估算，只用于推算"
)
_DAY = timedelta(days=1)
_TOLERANCE = 1e-9
_Z95 = statistics.NormalDist().inv_cdf(0.975)
#: Days the daily mean and its spread are taken from: eight whole weeks.
_RECENT_DAYS = 56
#: Weeks back in which a missing day's weekday is looked for (house reference 5.2).
_WEEKS = 4
#: An autocorrelation above this says that the days are one level, not a sample: the spread would run away.
_MOST_CORRELATED = 0.9


class Projection(NamedTuple):
    """An amount at the year's end and its 95 % band."""

    value: float
    low: float
    high: float


class Outlook(NamedTuple):
    """What is expected of a year. *filled*: what the *n_filled* missing days were given 估算, for the projection only.

    *median*: of the projections there are; the one that is judged. *probability*: that the year ends above the amount;
    None with fewer than two days. *passes_on*: first day on which the expected sum is above it, None if not this year.
    """

    filled: float
    n_filled: int
    projections: dict[str, Projection | None]
    median: float
    probability: float | None
    passes_on: date | None

    def body(self) -> dict[str, object]:
        """Return what a verdict keeps of it: plain numbers, ISO dates, and the method."""
        return {
            "filled": self.filled,
            "n_filled": self.n_filled,
            "projected": self.median,
            "projections": {name: one and one._asdict() for name, one in self.projections.items()},
            "probability": self.probability,
            "passes_on": self.passes_on.isoformat() if self.passes_on else None,
            "method": METHOD,
        }


class Recent(NamedTuple):
    """Mean and spread of the recent days: *sd* of one day, *inflation* of a sum's variance by autocorrelation."""

    mean: float
    sd: float
    inflation: float
    n: int


class Plan(NamedTuple):
    """An amount planned for the days *first* to *last*, by month *shares* or by calendar days where those are absent."""

    annual: float
    first: date
    last: date
    shares: tuple[float, ...] | None

    def share(self, through: date) -> float:
        """Return the share of the amount that is planned up to *through*; the month in progress pro rata by days."""
        total = math.fsum(self._weight(day) for day in span(self.first, self.last))
        return math.fsum(self._weight(day) for day in span(self.first, through)) / total if total > 0 else 0.0

    def _weight(self, day: date) -> float:
        if self.shares is None:
            return 1.0
        month = month_start(day)
        return self.shares[day.month - 1] / (next_month(month) - month).days


def span(first: date, last: date) -> list[date]:
    """Return the days from *first* to *last*, both among them."""
    return [first + n * _DAY for n in range((last - first).days + 1)]


def above(value: float, bound: float) -> bool:
    """Return whether *value* is above *bound* by more than the rounding of floats (1e-9 of it)."""
    return value > bound + _TOLERANCE * abs(bound)


def filled_in(known: Mapping[date, float], days: Sequence[date]) -> dict[date, float]:
    """Return an estimate for each of *days* that is not *known*; *known* must not be empty.

    The mean of the same weekday of the four weeks before it (house reference 5.2), else of all known days; never zero
    for want of data, and never an estimate of an estimate.
    """
    overall = math.fsum(known.values()) / len(known)
    found = {}
    for day in days:
        if day not in known:
            alike = [known[past] for n in range(1, _WEEKS + 1) if (past := day - 7 * n * _DAY) in known]
            found[day] = math.fsum(alike) / len(alike) if alike else overall
    return found


def recent(known: Mapping[date, float], through: date) -> Recent:
    """Return mean and spread of the known days among the last 56 up to *through*, or of all where there are none.

    Days follow each other: a sum of R days has the variance s²·R·(1 + ρ)/(1 − ρ) with the lag-1 autocorrelation ρ of
    days that are neighbours, held within 0 and 0.9.
    """
    days = {day: known[day] for day in sorted(known) if (through - day).days < _RECENT_DAYS} or dict(known)
    n = len(days)
    mean = math.fsum(days.values()) / n
    variance = math.fsum((value - mean) ** 2 for value in days.values()) / (n - 1) if n > 1 else 0.0
    pairs = [(value - mean) * (days[day + _DAY] - mean) for day, value in days.items() if day + _DAY in days]
    rho = math.fsum(pairs) / len(pairs) / variance if pairs and variance > 0 else 0.0
    rho = min(max(rho, 0.0), _MOST_CORRELATED)
    return Recent(mean, math.sqrt(variance), (1 + rho) / (1 - rho), n)


def outlook(known: Mapping[date, float], plan: Plan, through: date) -> Outlook:
    """Return what is expected of *plan*'s year after the days up to *through*; *known* must not be empty.

    run_rate = to date / elapsed days × days; seasonal = to date / Σ shares of the elapsed time; budget_pace = amount ×
    to date / plan-to-date. Plan-to-date uses the shares given, or calendar days. So with shares the last two are the
    same number, and the median is theirs; without shares there is no seasonal one and the pace is the run-rate. All
    are published because house reference 5.2 names them, not as three witnesses.

    Probability: the R days to come are normal with mean R·m and variance s²·R·inflation·(1 + R/n), the last term for
    the mean's own error. A projection's band has that spread, scaled by what it expects of the rest.
    """
    elapsed, total = span(plan.first, through), span(plan.first, plan.last)
    filled = filled_in(known, elapsed)
    to_date = math.fsum([*known.values(), *filled.values()])
    rest, share = len(total) - len(elapsed), plan.share(through)
    days = recent(known, through)
    sd = days.sd * math.sqrt(rest * days.inflation * (1 + rest / days.n))
    values = {
        "run_rate": to_date / len(elapsed) * len(total),
        "seasonal": to_date / share if plan.shares is not None and share > 0 else None,
        "budget_pace": plan.annual * to_date / (plan.annual * share) if share > 0 else None,
    }
    expected = rest * days.mean
    projections = {
        name: None if value is None else _banded(value, to_date, sd if expected <= 0 else sd / expected, expected)
        for name, value in values.items()
    }
    return Outlook(
        filled=math.fsum(filled.values()),
        n_filled=len(filled),
        projections=projections,
        median=statistics.median(value for value in values.values() if value is not None),
        probability=_probability(to_date + expected, sd, plan.annual) if days.n > 1 else None,
        passes_on=_passes_on({**known, **filled}, total, days.mean, plan.annual),
    )


def _banded(value: float, to_date: float, spread: float, expected: float) -> Projection:
    """*spread*: of one unit of the rest where something is expected of it, else of the whole rest."""
    half = _Z95 * spread * (abs(value - to_date) if expected > 0 else 1.0)
    # What is used stays used, unless the days to come are expected to give some of it back (sold energy).
    low = value - half if value < to_date else max(value - half, to_date)
    return Projection(value, low, value + half)


def _probability(expected: float, sd: float, amount: float) -> float:
    if sd <= _TOLERANCE * abs(amount):
        return 1.0 if above(expected, amount) else 0.0
    return 1 - statistics.NormalDist(expected, sd).cdf(amount)


def _passes_on(amounts: Mapping[date, float], days: Sequence[date], daily: float, amount: float) -> date | None:
    total = 0.0
    for day in days:
        total += amounts.get(day, daily)
        if above(total, amount):
            return day
    return None
