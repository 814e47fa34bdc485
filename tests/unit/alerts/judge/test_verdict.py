from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.verdict import Judged, budget_in_force, judge_limit, judge_month, month_budget, rounded
from schemas.catalog.enums import ElectricityBasis, Outcome
from schemas.catalog.limits import in_force
from schemas.records import Limit, Mean
from schemas.registry.model import Budget
from schemas.times import day_start

DAY = date(2026, 6, 10)
OUTLET = Judged(rule="sewage_day", subject="s/o/f", point_id=1, basis="day", start=day_start(DAY))
BOILER = Judged(rule="boiler_efficiency", subject="s/b", point_id=2, basis="hour", start=day_start(DAY))


def limit(scope: str, factor: str, basis: str = "day") -> Limit:
    found = in_force(scope, factor, basis, day=DAY, built=date(2021, 1, 1))
    assert found is not None
    return found


COD = limit("GB18918-1A", "w01018")
PHOSPHORUS = limit("GB18918-1A", "w21011")
COAL = limit("boiler-coal", "yx_b_efficiency", "hour")


def mean(value: float | None, *, valid: bool = True, note: str = "") -> Mean:
    return Mean(
        value=value, low=value, high=value, n_valid=24 if valid else 9, n_expected=24, valid=valid, marks="N", note=note
    )


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (50.5, 0, 50.0),
        (51.5, 0, 52.0),
        (50.500001, 0, 51.0),
        (50.4999, 0, 50.0),
        (0.5, 0, 0.0),
        (1.5, 0, 2.0),
        (-0.5, 0, 0.0),
        (0.25, 1, 0.2),
        (0.35, 1, 0.4),
        (0.45, 1, 0.4),
        (0.55, 1, 0.6),
        (2.675, 2, 2.68),
        (1.005, 2, 1.0),
        (79.95, 1, 80.0),
        (79.85, 1, 79.8),
        (1e-12, 1, 0.0),
        (123456.0, 0, 123456.0),
    ],
)
def test_half_is_rounded_to_even_as_written(value: float, decimals: int, expected: float) -> None:
    assert rounded(value, decimals) == expected


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_rounding_moves_by_half_a_step_and_once(value: float, decimals: int) -> None:
    once = rounded(value, decimals)
    assert abs(once - value) <= 0.5 * 10**-decimals * (1 + 1e-6)
    assert rounded(once, decimals) == once


@pytest.mark.parametrize(
    ("value", "bound", "outcome", "multiple"),
    [
        (50.0, COD, Outcome.COMPLIANT, None),
        (50.5, COD, Outcome.COMPLIANT, None),
        (50.51, COD, Outcome.EXCEEDING, 0.02),
        (51.5, COD, Outcome.EXCEEDING, 0.04),
        (75.0, COD, Outcome.EXCEEDING, 0.5),
        (0.0, COD, Outcome.COMPLIANT, None),
        (0.55, PHOSPHORUS, Outcome.EXCEEDING, 0.2),
        (0.549, PHOSPHORUS, Outcome.COMPLIANT, None),
        (80.0, COAL, Outcome.COMPLIANT, None),
        (79.95, COAL, Outcome.COMPLIANT, None),
        (79.94, COAL, Outcome.EXCEEDING, 0.001),
        (60.0, COAL, Outcome.EXCEEDING, 0.25),
        (110.0, COAL, Outcome.COMPLIANT, None),
    ],
)
def test_a_value_against_its_limit(value: float, bound: Limit, outcome: Outcome, multiple: float | None) -> None:
    verdict = judge_limit(OUTLET, mean(value), bound)
    assert verdict.outcome is outcome
    assert verdict.body.get("multiple") == multiple
    assert verdict.value == value
    assert verdict.limit_value == (bound.high or bound.low)
    assert verdict.limit_id == bound.id


@pytest.mark.parametrize("value", [10.0, 500.0, None])
def test_what_is_invalid_is_never_judged(value: float | None) -> None:
    verdict = judge_limit(OUTLET, mean(value, valid=False), COD)
    assert verdict.outcome is Outcome.NOT_JUDGEABLE
    assert "9/24" in str(verdict.body["why"])
    assert "multiple" not in verdict.body


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_is_never_judged(value: float | None) -> None:
    assert judge_limit(OUTLET, mean(value), COD).outcome is Outcome.NOT_JUDGEABLE


def test_the_reason_is_that_of_the_mean() -> None:
    assert judge_limit(BOILER, mean(None, valid=False, note="停炉"), COAL).body["why"] == "停炉"


def test_without_a_limit_nothing_is_judged() -> None:
    verdict = judge_limit(OUTLET, mean(500.0), None)
    assert (verdict.outcome, verdict.limit_value, verdict.limit_id) == (Outcome.NOT_JUDGEABLE, None, "")
    assert verdict.body["why"]


def test_a_verdict_says_what_it_stands_on() -> None:
    verdict = judge_limit(OUTLET, mean(60.0, note="流量加权"), COD, note="温度缺失")
    assert (verdict.rule, verdict.subject, verdict.point_id) == ("sewage_day", "s/o/f", 1)
    assert verdict.window_end - verdict.window_start == timedelta(days=1)
    expected = {
        "n_valid": 24,
        "n_expected": 24,
        "unit": "mg/L",
        "task": 26,
        "verified": True,
        "note": "流量加权；温度缺失",
    }
    assert expected.items() <= verdict.body.items()
    assert (verdict.body["standard"], verdict.body["clause"]) == (COD.standard, COD.clause)


def test_an_hour_ends_after_an_hour() -> None:
    verdict = judge_limit(BOILER, mean(85.0), COAL)
    assert verdict.window_end - verdict.window_start == timedelta(hours=1)


def budget(annual: float = 3650.0, valid_from: date = date(2026, 1, 1), shares: list[float] | None = None) -> Budget:
    return Budget(valid_from=valid_from, annual_tce=annual, electricity=ElectricityBasis.CALORIFIC, shares=shares)


@pytest.mark.parametrize(
    ("month", "expected"),
    [(date(2026, 1, 1), 310.0), (date(2026, 2, 1), 280.0), (date(2026, 6, 1), 300.0), (date(2026, 12, 1), 310.0)],
)
def test_a_month_has_its_share_by_days(month: date, expected: float) -> None:
    assert month_budget(budget(), month) == pytest.approx(expected)


def test_a_leap_year_has_366_days() -> None:
    assert month_budget(budget(3660.0), date(2028, 2, 1)) == pytest.approx(290.0)


def test_the_months_of_a_year_add_up() -> None:
    months = [date(2026, month, 1) for month in range(1, 13)]
    assert sum(month_budget(budget(), month) for month in months) == pytest.approx(3650.0)


def test_shares_come_before_days() -> None:
    shares = [0.15, 0.15, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.15]
    assert month_budget(budget(1000.0, shares=shares), date(2026, 1, 1)) == pytest.approx(150.0)
    assert month_budget(budget(1000.0, shares=shares), date(2026, 6, 1)) == pytest.approx(50.0)
    assert month_budget(budget(1000.0, shares=shares), date(2026, 12, 1)) == pytest.approx(150.0)


def test_the_latest_budget_that_has_begun_is_in_force() -> None:
    first, second = budget(valid_from=date(2026, 1, 1)), budget(valid_from=date(2026, 7, 1))
    assert budget_in_force([second, first], date(2025, 12, 31)) is None
    assert budget_in_force([second, first], date(2026, 6, 30)) is first
    assert budget_in_force([first, second], date(2026, 7, 1)) is second


JUNE = Judged(rule="energy_budget", subject="s/budget", point_id=3, basis="month", start=day_start(date(2026, 6, 1)))


def days(count: int, tce: float, *, invalid: int = 0) -> list[tuple[date, Mean]]:
    return [(date(2026, 6, 1) + timedelta(days=n), mean(tce, valid=n >= invalid)) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "tce", "outcome", "kind"),
    [
        (10, 10.0, Outcome.COMPLIANT, None),
        (10, 9.0, Outcome.COMPLIANT, None),
        (10, 11.0, Outcome.EXCEEDING, "projected"),
        (29, 10.3, Outcome.EXCEEDING, "projected"),
        (30, 10.0, Outcome.COMPLIANT, None),
        (30, 10.1, Outcome.EXCEEDING, "over"),
        (10, 31.0, Outcome.EXCEEDING, "over"),
        (1, 301.0, Outcome.EXCEEDING, "over"),
        (2, 11.0, Outcome.NOT_JUDGEABLE, None),
        (2, 1.0, Outcome.NOT_JUDGEABLE, None),
        (3, 11.0, Outcome.EXCEEDING, "projected"),
    ],
)
def test_a_month_against_its_budget(count: int, tce: float, outcome: Outcome, kind: str | None) -> None:
    verdict = judge_month(JUNE, days(count, tce), budget(), date(2026, 6, count))
    assert (verdict.outcome, verdict.body.get("kind")) == (outcome, kind)
    assert verdict.value == pytest.approx(count * tce)
    assert verdict.limit_value == pytest.approx(300.0)
    assert verdict.body["projected"] == pytest.approx(tce * 30)


def test_a_month_reaches_from_its_first_instant_to_the_next() -> None:
    verdict = judge_month(JUNE, days(10, 1.0), budget(), DAY)
    assert verdict.window_start == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert verdict.window_end == datetime(2026, 6, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "judged"),
    [
        (days(10, 11.0, invalid=1), True),
        (days(10, 11.0, invalid=2), False),
        (days(9, 12.0), True),
        (days(8, 13.0), False),
        ([], False),
    ],
)
def test_thin_data_are_not_projected(rows: list[tuple[date, Mean]], *, judged: bool) -> None:
    verdict = judge_month(JUNE, rows, budget(), DAY)
    assert (verdict.outcome is not Outcome.NOT_JUDGEABLE) is judged
    assert ("why" in verdict.body) is not judged


def test_only_valid_days_can_convict() -> None:
    # Two days that are not valid may hold what the meters counted before the month began.
    verdict = judge_month(JUNE, days(2, 200.0, invalid=2), budget(), DAY)
    assert verdict.outcome is Outcome.NOT_JUDGEABLE
    over = judge_month(JUNE, days(2, 200.0), budget(), DAY)
    assert (over.outcome, over.body["kind"]) == (Outcome.EXCEEDING, "over")
    assert over.body["multiple"] == pytest.approx(0.333)


def test_days_of_other_months_and_days_to_come_do_not_count() -> None:
    rows = [(date(2026, 5, 31), mean(1e6)), *days(10, 1.0), (date(2026, 6, 11), mean(1e6)), (DAY, mean(None))]
    assert judge_month(JUNE, rows, budget(), DAY).value == pytest.approx(10.0)


def test_without_a_budget_nothing_is_judged() -> None:
    verdict = judge_month(JUNE, days(10, 1e6), None, DAY)
    assert (verdict.outcome, verdict.limit_value) == (Outcome.NOT_JUDGEABLE, None)
    assert verdict.body["why"]
