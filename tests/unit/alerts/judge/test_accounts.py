"""Sums as the judge adds them up; the rest of the accounts is tested on a real database."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from alerts.judge.accounts import _annual, _by_day, _period_end, _period_start, _total
from schemas.catalog.enums import ElectricityBasis
from schemas.records import Mean
from schemas.registry.model import Budget

DAY = timedelta(days=1)


def load(value: float | None, low: float | None, n_valid: int, n_expected: int, marks: str = "N") -> Mean:
    return Mean(
        value=value,
        low=low,
        high=value,
        n_valid=n_valid,
        n_expected=n_expected,
        valid=n_valid == n_expected,
        marks=marks,
    )


def test_measured_kilograms_are_certain_and_substituted_ones_are_not() -> None:
    """HJ 356-2019, HJ 75-2017 12: what is substituted counts in the amount; alone it convicts nobody."""
    days = _by_day([(date(2026, 11, 1), load(3000.0, 2000.0, 20, 30, "Ne"))], date(2026, 11, 30))
    assert [day for day, _ in days] == [date(2026, 11, 1) + n * DAY for n in range(30)]
    sure = [mean.value or 0.0 for _, mean in days if mean.valid]
    rest = [mean for _, mean in days if not mean.valid]
    assert len(sure) == 20
    assert math.fsum(sure) == pytest.approx(2.0)
    assert math.fsum(mean.value or 0.0 for mean in rest) == pytest.approx(1.0)
    assert {mean.marks for mean in rest} == {"e"}


@pytest.mark.parametrize(
    ("mean", "through", "n_days", "tonnes", "n_valid"),
    [
        (load(300.0, 300.0, 30, 30), date(2026, 11, 30), 30, 0.3, 30),
        (load(300.0, 300.0, 10, 10), date(2026, 11, 10), 10, 0.3, 10),
        (load(24.0, 24.0, 700, 720), date(2026, 11, 30), 30, 0.024, 29),
        (load(5.0, 5.0, 1, 720), date(2026, 11, 30), 30, 0.005, 1),
        (load(None, None, 0, 30), date(2026, 11, 30), 30, 0.0, 0),
    ],
)
def test_a_months_load_is_shared_out_and_kept(
    mean: Mean, through: date, n_days: int, tonnes: float, n_valid: int
) -> None:
    days = _by_day([(date(2026, 11, 1), mean)], through)
    assert len(days) == n_days
    assert math.fsum(one.value or 0.0 for _, one in days) == pytest.approx(tonnes)
    assert sum(one.valid for _, one in days) == n_valid


def test_a_county_day_is_whole_when_every_unit_is() -> None:
    day, missing = date(2026, 11, 1), date(2026, 11, 2)
    one, other = load(1.0, None, 2, 2), load(2.0, None, 3, 3)
    found = dict(_total([[(day, one), (missing, one)], [(day, other)]], 2))
    assert (found[day].value, found[day].valid, found[day].n_valid, found[day].n_expected) == (3.0, True, 5, 5)
    assert (found[missing].value, found[missing].valid, found[missing].n_valid) == (1.0, False, 2)
    assert found[missing].n_expected == 3


def budget(valid_from: date, shares: list[float] | None = None) -> Budget:
    return Budget(valid_from=valid_from, annual_tce=3650.0, electricity=ElectricityBasis.CALORIFIC, shares=shares)


@pytest.mark.parametrize(
    ("since", "shares", "expected"),
    [
        (date(2026, 1, 1), None, 3650.0),
        (date(2026, 7, 1), None, 1840.0),
        (date(2026, 12, 17), None, 150.0),
        (date(2026, 7, 1), [0.1] * 6 + [0.0] * 2 + [0.1] * 4, 1460.0),
    ],
)
def test_a_budget_that_begins_within_the_year_allows_what_is_left(
    since: date, shares: list[float] | None, expected: float
) -> None:
    assert _annual(budget(since, shares), since) == pytest.approx(expected)


def test_quarters_are_those_of_the_calendar() -> None:
    assert [_period_start(date(2026, month, 15), 3).month for month in (1, 3, 4, 12)] == [1, 1, 4, 10]
    assert _period_end(date(2026, 10, 1), 3) == date(2027, 1, 1)
