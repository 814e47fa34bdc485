"""Sums against what is allowed: energy by month and year, the county's caps, loads of permits, transmission rates."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.judge.budget import Target, budget_in_force, judge_month, judge_year, month_budget
from alerts.judge.progress import judge_progress
from alerts.judge.rates import judge_rates, rates
from alerts.judge.verdict import Judged
from schemas.catalog.limits import in_force
from schemas.records import Mean, Verdict
from schemas.times import DAY, day_of, day_start, month_start, next_month

if TYPE_CHECKING:
    from alerts.judge.facts import Days, Facts
    from alerts.judge.subjects import Subject
    from schemas.registry.model import Budget

_KG_PER_T = 1000.0
_ESTIMATED = "e"
_PART = "在线监测部分合计，非全县统计口径 (monitored sources only)"

Wanted = Mapping["Subject", Iterable[datetime]]


class Accounts:
    """Judges sums on the facts of one round, as they stand at *now*."""

    def __init__(self, facts: Facts, now: datetime) -> None:
        self._facts = facts
        self._today = day_of(now)

    async def judge(self, wanted: Wanted) -> list[Verdict]:
        """Return the verdicts on the months, quarters and years the wanted windows are part of."""
        verdicts: list[Verdict] = []
        for subject, starts in wanted.items():
            days = {day_of(start) for start in starts}
            if subject.rule == "energy_budget":
                verdicts += await self._months(subject, {month_start(day) for day in days})
            elif subject.rule in {"data_rate", "data_rate_quarter"}:
                verdicts += await self._rates(subject, days)
            elif subject.rule == "boiler_progress":
                verdicts += await self._progress(subject, {month_start(day) for day in days})
            else:
                verdicts += await self._years(subject, {day.year for day in days})
        return verdicts

    async def _months(self, subject: Subject, months: set[date]) -> list[Verdict]:
        verdicts = []
        for month in sorted(months):
            through = min(next_month(month), self._today) - DAY
            if through < month:
                continue
            days = (await self._facts.day_span(subject.watch, month, through))[subject.point_id]
            judged = _judged(subject, day_start(month), "month")
            verdicts.append(judge_month(judged, days, budget_in_force(subject.budgets, month), through))
        return verdicts

    async def _years(self, subject: Subject, years: set[int]) -> list[Verdict]:
        verdicts = []
        for year in sorted(years):
            first = date(year, 1, 1)
            through = min(date(year, 12, 31), self._today - DAY)
            if through < first:
                continue
            target = _target(subject, first, through)
            if target is None:
                continue
            if subject.basis == "month":
                spread = await self._facts.month_span(subject.watch, first, through)
                days = _total([_by_day(months, through) for months in spread.values()], len(subject.watch))
            else:
                span: Days = await self._facts.day_span(subject.watch, first, through)
                days = _total(list(span.values()), len(subject.watch))
            verdict = judge_year(_judged(subject, day_start(first), "year"), days, target, through)
            verdicts.append(_without_odds(verdict) if subject.basis == "month" else verdict)
        return verdicts

    async def _progress(self, subject: Subject, months: set[date]) -> list[Verdict]:
        ended = sorted(month for month in months if next_month(month) <= self._today)
        if not ended:
            return []
        held = dict((await self._facts.month_span(subject.watch, ended[0], ended[-1]))[subject.point_id])
        found = [
            judge_progress(subject, _judged(subject, day_start(month), "month"), held[month])
            for month in ended
            if month in held
        ]
        return [verdict for verdict in found if verdict is not None]

    async def _rates(self, subject: Subject, days: set[date]) -> list[Verdict]:
        """Judge each month or quarter that has ended; it counts from the first whole day with data while we watched."""
        months = 3 if subject.rule == "data_rate_quarter" else 1
        periods = [
            (since, _period_end(since, months)) for since in sorted({_period_start(day, months) for day in days})
        ]
        ended = [(since, end) for since, end in periods if end <= self._today]
        # Asked last: most facts are of a period that still lasts.
        first = await self._facts.first_day(subject.watch) if ended else None
        if first is None:
            return []
        verdicts = []
        for since, end in ended:
            begin = max(since, first + DAY)
            if begin >= end:
                continue
            held = await self._facts.day_span(subject.watch, begin, end - DAY)
            means = [mean for of_point in held.values() for _, mean in of_point]
            judged = _judged(subject, day_start(since), "month" if months == 1 else "quarter")
            n_days = (end - begin).days * len(subject.watch)
            verdicts.append(judge_rates(judged, rates(means, n_days, prompt=False), rates(means, n_days, prompt=True)))
        return verdicts


def _period_start(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _period_end(since: date, months: int) -> date:
    for _ in range(months):
        since = next_month(since)
    return since


def _judged(subject: Subject, start: datetime, basis: str) -> Judged:
    return Judged(rule=subject.rule, subject=subject.key, point_id=subject.point_id, basis=basis, start=start)


def _target(subject: Subject, first: date, through: date) -> Target | None:
    if subject.rule == "energy_year":
        budget = budget_in_force(subject.budgets, through)
        if budget is None:
            return None
        since = _since(subject, first, through)
        return Target(
            annual=_annual(budget, since), shares=tuple(budget.shares) if budget.shares else None, unit="tce", task=12,
            standard="县用能预算", clause="（十二）重点用能单位年度用能预算管理", edition=budget.valid_from.isoformat(),
            verified=True, limit_id=f"budget.{subject.key}", since=since,
            extra={"electricity": budget.electricity.value, "annual_tce": budget.annual_tce},
        )  # fmt: skip
    if subject.rule == "load_permit":
        on = through.isoformat()
        held = [p for p in subject.permits if p.valid_from <= on and (p.valid_to or "9999") >= first.isoformat()]
        limit = max(held, key=lambda permit: permit.valid_from, default=None)
    else:
        limit = in_force(subject.scope, subject.factor, "year", day=through, built=subject.built)
    if limit is None or limit.high is None:
        return None
    annual = subject.amount if subject.amount is not None else limit.high
    extra: dict[str, Any] = {"source": limit.source}
    if subject.scope:
        extra |= {"part": _PART, "sources": len(subject.watch)}
    return Target(
        annual=annual, shares=None, unit=limit.unit, task=limit.task, standard=limit.standard, clause=limit.clause,
        edition=limit.edition, verified=limit.verified, limit_id=limit.id, since=first, extra=extra,
    )  # fmt: skip


def _since(subject: Subject, first: date, through: date) -> date:
    """Return from when the year's budget counts: a unit's first budget may begin within the year."""
    if budget_in_force(subject.budgets, first) is not None:
        return first
    return min(budget.valid_from for budget in subject.budgets if first < budget.valid_from <= through)


def _annual(budget: Budget, since: date) -> float:
    """Return what a budget allows from *since* to the year's end: all of it from 1 January, else the months' part."""
    months = [date(since.year, number, 1) for number in range(since.month, 13)]
    amounts = [month_budget(budget, month) for month in months]
    begun = (since.day - 1) / (next_month(since) - month_start(since)).days
    whole_year = since == date(since.year, 1, 1)
    return budget.annual_tce if whole_year else math.fsum([*amounts[1:], amounts[0] * (1 - begun)])


def _without_odds(verdict: Verdict) -> Verdict:
    """Return *verdict* without what its even days would make look certain: loads are accounted for by the month."""
    body = {key: value for key, value in verdict.body.items() if key not in {"probability", "passes_on", "projections"}}
    return msgspec.structs.replace(verdict, body=body)


def _total(series: list[list[tuple[date, Mean]]], expected: int) -> list[tuple[date, Mean]]:
    """Return the sum of several series by day; a day is valid when every one of them has it and it is valid."""
    by_day: dict[date, list[Mean]] = defaultdict(list)
    for days in series:
        for day, mean in days:
            by_day[day].append(mean)
    found = []
    for day, means in sorted(by_day.items()):
        known = [mean.value for mean in means if mean.value is not None]
        found.append(
            (
                day,
                Mean(
                    value=math.fsum(known) if known else None,
                    low=None,
                    high=None,
                    # Parts that are whole, of all there should be: a day that is merely estimated is still certain.
                    n_valid=sum(mean.n_valid for mean in means),
                    n_expected=sum(mean.n_expected for mean in means) + expected - len(means),
                    valid=len(means) == expected and all(mean.valid for mean in means),
                    marks="".join(sorted({mark for mean in means for mark in mean.marks})),
                ),
            )
        )
    return found


def _by_day(months: list[tuple[date, Mean]], through: date) -> list[tuple[date, Mean]]:
    """Return kilograms of months as tonnes of their days: a load is accounted for by the month.

    What was measured lies evenly on as many days as were measured and is certain; what was substituted 替代 on the others.
    """
    found = []
    for month, mean in months:
        n_days = (min(next_month(month) - DAY, through) - month).days + 1
        measured = 0.0 if mean.low is None else mean.low / _KG_PER_T
        rest = 0.0 if mean.value is None else mean.value / _KG_PER_T - measured
        n_measured = n_days * mean.n_valid // max(1, mean.n_expected)
        if measured > 0:
            n_measured = max(1, n_measured)
        for passed in range(n_days):
            sure = passed < n_measured
            value = measured / n_measured if sure else rest / (n_days - n_measured)
            found.append((month.replace(day=1 + passed), _share(value, sure=sure, marks=mean.marks)))
    return found


def _share(value: float, *, sure: bool, marks: str) -> Mean:
    return Mean(
        value=value,
        low=None,
        high=None,
        n_valid=int(sure),
        n_expected=1,
        valid=sure,
        marks="" if sure else _ESTIMATED if _ESTIMATED in marks else "",
    )
