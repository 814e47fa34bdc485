from __future__ import annotations

from datetime import date, timedelta

import pytest

from alerts.judge.forecast import Plan, filled_in, outlook, recent

NEW_YEAR = date(2026, 1, 1)


def nth(number: int, year: int = 2026) -> date:
    return date(year, 1, 1) + timedelta(days=number - 1)


ZIGZAG = {nth(n): 9.0 if n % 2 else 11.0 for n in range(1, 101)}


def plan(annual: float) -> Plan:
    return Plan(annual, NEW_YEAR, date(2026, 12, 31), None)


def test_a_missing_day_is_given_its_weekday_s_mean() -> None:
    monday = date(2026, 3, 30)
    known = dict.fromkeys((monday - timedelta(days=n) for n in range(1, 60)), 10.0)
    known |= {monday - timedelta(weeks=n): float(n) for n in range(1, 6)}
    assert filled_in(known, [monday]) == {monday: 2.5}  # (1 + 2 + 3 + 4) / 4; the fifth week back is no part of it
    lone = {monday - timedelta(days=1): 4.0, monday - timedelta(days=2): 8.0}
    assert filled_in(lone, [monday, *lone]) == {monday: 6.0}


def test_the_spread_of_recent_days() -> None:
    days = recent(ZIGZAG, nth(100))
    # 56 days of 9 and 11: s² = 56 / 55; neighbours go against each other, which narrows nothing here.
    assert (days.mean, days.inflation, days.n) == (10.0, 1.0, 56)
    assert days.sd == pytest.approx((56 / 55) ** 0.5)
    blocks = {nth(n): 9.0 if n <= 28 else 11.0 for n in range(1, 57)}
    assert recent(blocks, nth(56)).inflation == pytest.approx(19.0)  # ρ = 0.946, held at 0.9
    # 1 2 3: deviations −1 0 1: both pairs are 0.
    assert recent({nth(1): 1.0, nth(2): 2.0, nth(3): 3.0}, nth(3)).inflation == pytest.approx(1.0)
    # 1 1 3 3: deviations −1 −1 1 1: pairs (1 − 1 + 1) / 3 over s² = 4/3 gives ρ = 0.25: 1.25 / 0.75.
    assert recent({nth(n): v for n, v in enumerate((1.0, 1.0, 3.0, 3.0), 1)}, nth(4)).inflation == pytest.approx(5 / 3)
    assert recent({nth(1): 5.0}, nth(100)) == (5.0, 0.0, 1.0, 1)


def test_probability_and_band() -> None:
    # R = 265 days, n = 56: variance 56/55 × 265 × (1 + 265/56) = 1546.6, sd 39.327; expected 1000 + 2650.
    even = outlook(ZIGZAG, plan(3650.0), nth(100))
    assert even.probability == pytest.approx(0.5)
    run_rate = even.projections["run_rate"]
    assert run_rate == pytest.approx((3650.0, 3650 - 77.08, 3650 + 77.08), abs=0.01)
    assert outlook(ZIGZAG, plan(3650 + 39.327), nth(100)).probability == pytest.approx(0.15866, abs=1e-4)
    assert outlook(ZIGZAG, plan(3650 - 39.327), nth(100)).probability == pytest.approx(0.84134, abs=1e-4)


@pytest.mark.parametrize(
    ("annual", "passes_on"),
    [(3005.0, date(2026, 10, 28)), (3649.0, date(2026, 12, 31)), (3650.0, None), (995.0, nth(100)), (15.0, nth(2))],
)
def test_the_day_on_which_the_amount_is_passed(annual: float, passes_on: date | None) -> None:
    # 1000 by 10 April, then 10 a day: above 3005 on day 301, 28 October.
    assert outlook(ZIGZAG, plan(annual), nth(100)).passes_on == passes_on
    # What is past is past: 20 a day from day 51 on reach 500 on day 75 and are above it the day after.
    late = {nth(n): 0.0 if n <= 50 else 20.0 for n in range(1, 101)}
    assert outlook(late, plan(500.0), nth(100)).passes_on == nth(76)


@pytest.mark.parametrize(("annual", "probability"), [(3650.0, 0.0), (3649.9, 1.0)])
def test_days_without_spread_leave_no_doubt(annual: float, probability: float) -> None:
    ahead = outlook({nth(n): 10.0 for n in range(1, 101)}, plan(annual), nth(100))
    assert ahead.probability == probability
    assert ahead.projections["run_rate"] == (3650.0, 3650.0, 3650.0)


def test_of_one_day_no_probability_is_told_and_used_stays_used() -> None:
    assert outlook({nth(1): 10.0}, plan(1.0), nth(100)).probability is None
    # One day of 300 and fourteen of none: 20 a day, spread 77; a rest of 350 days may be nothing, never less.
    wild = {nth(n): 300.0 if n == 1 else 0.0 for n in range(1, 16)}
    run_rate = outlook(wild, plan(1.0), nth(15)).projections["run_rate"]
    assert run_rate is not None
    assert run_rate.low == pytest.approx(300.0)


def test_days_that_only_sell_project_below_what_they_began_with() -> None:
    ahead = outlook({nth(n): -1.0 - n % 2 for n in range(1, 101)}, plan(10.0), nth(100))
    run_rate = ahead.projections["run_rate"]
    assert run_rate is not None
    # 1 and 2 sold in turn: −150 by the 100th day, −547.5 by the year's end, ± 1.96 × 39.327 / 2.
    assert run_rate == pytest.approx((-547.5, -547.5 - 38.54, -547.5 + 38.54), abs=0.01)
    assert ahead.passes_on is None
    assert ahead.probability == pytest.approx(0.0)
