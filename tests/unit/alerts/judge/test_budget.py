from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.judge.budget import budget_in_force, judge_month, month_budget
from alerts.judge.verdict import Judged
from schemas.catalog.enums import ElectricityBasis, Outcome
from schemas.records import Mean, Verdict
from schemas.registry.model import Budget
from schemas.times import day_start

Rows = list[tuple[date, Mean]]


def mean(value: float | None, *, valid: bool = True, marks: str = "N", whole: bool | None = None) -> Mean:
    n_valid = 2 if valid or whole or (whole is None and marks == "e") else 1
    return Mean(value=value, low=None, high=None, n_valid=n_valid, n_expected=2, valid=valid, marks=marks)


def estimated(value: float) -> Mean:
    return mean(value, valid=False, marks="e")


def rows(first: date, *means: Mean) -> Rows:
    return [(first + timedelta(days=n), one) for n, one in enumerate(means)]


def same(first: date, count: int, value: float, *, invalid: int = 0) -> Rows:
    return rows(first, *(mean(value, valid=n >= invalid) for n in range(count)))


def budget(annual: float = 3650.0, *, shares: list[float] | None = None, valid_from: date = date(2020, 1, 1)) -> Budget:
    return Budget(valid_from=valid_from, annual_tce=annual, electricity=ElectricityBasis.CALORIFIC, shares=shares)


HEATING = [0.15, 0.15, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.15]


@pytest.mark.parametrize("year", [2024, 2026, 2100])
def test_twelve_months_are_the_year(year: int) -> None:
    months = [date(year, month, 1) for month in range(1, 13)]
    assert sum(month_budget(budget(), month) for month in months) == pytest.approx(3650.0)
    assert sum(month_budget(budget(shares=HEATING), month) for month in months) == pytest.approx(3650.0)


def test_shares_come_before_days_and_a_leap_february_has_its_day() -> None:
    assert month_budget(budget(1000.0, shares=HEATING), date(2026, 1, 1)) == pytest.approx(150.0)
    assert month_budget(budget(1000.0, shares=HEATING), date(2026, 6, 1)) == pytest.approx(50.0)
    assert month_budget(budget(3660.0), date(2024, 2, 1)) == pytest.approx(290.0)
    assert month_budget(budget(3650.0), date(2026, 2, 1)) == pytest.approx(280.0)


def test_the_latest_budget_that_has_begun_is_in_force() -> None:
    first, second = budget(valid_from=date(2026, 1, 1)), budget(valid_from=date(2026, 7, 1))
    assert budget_in_force([second, first], date(2025, 12, 31)) is None
    assert budget_in_force([second, first], date(2026, 6, 30)) is first
    assert budget_in_force([first, second], date(2026, 7, 1)) is second


JUNE_1 = date(2026, 6, 1)
JUNE = Judged(rule="energy_budget", subject="s/budget", point_id=3, basis="month", start=day_start(JUNE_1))


def june(days: Rows, through: int) -> Verdict:
    return judge_month(JUNE, days, budget(), date(2026, 6, through))


@pytest.mark.parametrize(
    ("count", "tce", "outcome", "kind", "level"),
    [
        (10, 10.0, Outcome.COMPLIANT, None, None),
        (10, 9.0, Outcome.COMPLIANT, None, None),
        (10, 11.0, Outcome.EXCEEDING, "projected", "orange"),
        (29, 10.3, Outcome.EXCEEDING, "projected", "orange"),
        (30, 10.0, Outcome.COMPLIANT, None, None),
        (30, 10.1, Outcome.EXCEEDING, "over", "red"),
        (1, 301.0, Outcome.EXCEEDING, "over", "red"),
        (2, 11.0, Outcome.NOT_JUDGEABLE, None, None),
        (2, 1.0, Outcome.NOT_JUDGEABLE, None, None),
        (3, 11.0, Outcome.EXCEEDING, "projected", "orange"),
    ],
)
def test_a_month_against_its_budget(
    count: int, tce: float, outcome: Outcome, kind: str | None, level: str | None
) -> None:
    verdict = june(same(JUNE_1, count, tce), count)
    assert (verdict.outcome, verdict.body.get("kind"), verdict.body.get("level")) == (outcome, kind, level)
    assert verdict.value == pytest.approx(count * tce)
    assert verdict.limit_value == pytest.approx(300.0)
    assert verdict.body["projected"] == pytest.approx(tce * 30)
    assert verdict.body["method"] == "按日均推算 run-rate"


def test_a_month_of_tenths_just_used_up_is_not_over() -> None:
    # 30 × 0.1 is 3.0000000000000004 when added one by one: the rounding of floats convicts nobody.
    days = same(JUNE_1, 30, 0.1)
    assert judge_month(JUNE, days, budget(36.5), date(2026, 6, 30)).outcome is Outcome.COMPLIANT


def test_a_month_reaches_from_its_first_instant_to_the_next() -> None:
    verdict = june(same(JUNE_1, 10, 1.0), 10)
    assert verdict.window_start == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert verdict.window_end == datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert (verdict.limit_id, verdict.point_id) == ("budget.s/budget", 3)


@pytest.mark.parametrize(
    ("days", "judged"),
    [
        (same(JUNE_1, 10, 11.0, invalid=1), True),
        (same(JUNE_1, 10, 11.0, invalid=2), False),
        (same(JUNE_1, 9, 12.0), True),
        (same(JUNE_1, 8, 13.0), False),
        (rows(JUNE_1, mean(11.0), *[estimated(11.0)] * 9), True),
        (rows(JUNE_1, *[estimated(11.0)] * 9, mean(11.0)), False),
        ([], False),
    ],
)
def test_thin_data_are_not_projected(days: Rows, *, judged: bool) -> None:
    # House reference 5.2: suppress the projection when < 90 % of the data are present; estimated inside counts as known.
    verdict = june(days, 10)
    assert (verdict.outcome is not Outcome.NOT_JUDGEABLE) is judged
    assert ("why" in verdict.body) is not judged


@pytest.mark.parametrize(
    ("days", "certain"),
    [
        (rows(JUNE_1, mean(150.0), mean(151.0)), 301.0),
        # A gap inside the month: shared out, but certain in sum.
        (rows(JUNE_1, mean(1.0), estimated(150.0), estimated(150.0), mean(1.0)), 302.0),
        # It began before the month: what it holds may be May's.
        (rows(JUNE_1, estimated(150.0), estimated(150.0), mean(1.0)), 1.0),
        (rows(JUNE_1, mean(None, valid=False), estimated(300.0), mean(1.0)), 1.0),
        # It has not ended: what it holds may be July's.
        (rows(JUNE_1, mean(1.0), estimated(150.0), estimated(150.0)), 1.0),
        # A register that fell may have shown too much before; a day with a meter lacking says too little to add up.
        (rows(JUNE_1, mean(1.0), mean(400.0, valid=False), mean(1.0)), 2.0),
        (rows(JUNE_1, mean(1.0), mean(400.0, valid=False, marks="e", whole=False), mean(1.0)), 2.0),
    ],
)
def test_only_what_is_certain_convicts(days: Rows, certain: float) -> None:
    verdict = june(days, len(days))
    assert verdict.body["certain"] == pytest.approx(certain)
    assert (verdict.body.get("kind") == "over") is (certain > 300.0)
    assert verdict.body["used"] == verdict.value == pytest.approx(sum(one.value or 0.0 for _, one in days))
    assert verdict.body["estimated"] == pytest.approx(sum(one.value or 0.0 for _, one in days if "e" in one.marks))


def test_days_of_other_months_and_days_to_come_do_not_count() -> None:
    days = [(date(2026, 5, 31), mean(1e6)), *same(JUNE_1, 10, 1.0), (date(2026, 6, 11), mean(1e6))]
    assert june(days, 10).value == pytest.approx(10.0)


def test_without_a_budget_nothing_is_judged() -> None:
    verdict = judge_month(JUNE, same(JUNE_1, 10, 1e6), None, date(2026, 6, 10))
    assert (verdict.outcome, verdict.limit_value) == (Outcome.NOT_JUDGEABLE, None)
    assert verdict.body["why"] == "没有生效的用能预算"


def test_a_month_that_may_use_nothing_has_no_multiple() -> None:
    shares = [1.0] + [0.0] * 11
    verdict = judge_month(JUNE, same(JUNE_1, 10, 1.0), budget(shares=shares), date(2026, 6, 10))
    assert (verdict.outcome, verdict.body["kind"], "multiple" in verdict.body) == (Outcome.EXCEEDING, "over", False)


def test_two_rows_of_one_day_are_refused() -> None:
    # One day has one amount (GB/T 2589-2020: nothing is counted twice).
    with pytest.raises(ValueError, match="two rows"):
        june(same(JUNE_1, 3, 1.0) * 2, 10)
