from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.energy import consumption, standard_coal
from ingest.derive.means import Value
from schemas.records import Mean

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def register(*steps: tuple[int, float]) -> list[Value]:
    return [Value(minute * MINUTE_US, value, "N") for minute, value in steps]


def steady(first: int, last: int, start: float = 100.0) -> list[Value]:
    return register(*((minute, start + minute) for minute in range(first, last + 1)))


def hour(values: list[Value], register_max: float | None = None) -> Mean:
    return consumption(values, 0, HOUR_US, 60, register_max)


def test_what_a_register_gained() -> None:
    mean = hour(steady(-5, 65))
    assert (mean.value, mean.low, mean.high) == (60.0, 100.0, 160.0)
    assert (mean.n_valid, mean.n_expected, mean.valid, mean.marks, mean.note) == (60, 60, True, "N", "")


def test_a_register_that_stands_still_counts_zero() -> None:
    mean = hour(register(*((minute, 7.0) for minute in range(61))))
    assert (mean.value, mean.valid) == (0.0, True)


def test_a_rollover_is_counted_through() -> None:
    mean = hour(register((0, 9990.0), (30, 9999.0), (60, 6.0)), 10_000.0)
    assert (mean.value, mean.valid, mean.note) == (16.0, True, "表计翻转")


@pytest.mark.parametrize("register_max", [None, 1_000_000.0])
def test_a_reset_loses_its_step_and_says_so(register_max: float | None) -> None:
    mean = hour(register((0, 500.0), (30, 510.0), (40, 3.0), (60, 8.0)), register_max)
    assert (mean.value, mean.valid) == (15.0, False)
    assert "复位" in mean.note


@pytest.mark.parametrize(("before", "rolled"), [(8999.0, False), (9000.0, True)])
def test_a_rollover_starts_from_the_last_tenth(before: float, *, rolled: bool) -> None:
    mean = hour(register((0, before), (60, 1.0)), 10_000.0)
    assert mean.valid is rolled
    assert mean.value == (10_001.0 - before if rolled else 0.0)


def test_a_gap_inside_loses_nothing() -> None:
    mean = hour(register((0, 100.0), (1, 101.0), (59, 159.0), (60, 160.0)))
    assert (mean.value, mean.n_valid, mean.valid) == (60.0, 3, True)


def test_without_an_opening_nothing_is_said() -> None:
    mean = hour(steady(1, 60))
    assert (mean.value, mean.valid, mean.note) == (None, False, "缺少期初示数")


@pytest.mark.parametrize("values", [[], steady(-5, 0), steady(61, 70)])
def test_without_readings_nothing_is_said(values: list[Value]) -> None:
    mean = hour(values)
    assert (mean.value, mean.valid, mean.note) == (None, False, "无数据")


@pytest.mark.parametrize(("opening", "valid"), [(0, True), (-2, True), (-3, False)])
def test_an_old_opening_is_told(opening: int, *, valid: bool) -> None:
    mean = hour(register((opening, 100.0), (1, 101.0), (60, 160.0)))
    assert (mean.value, mean.valid, "期初" in mean.note) == (60.0, valid, not valid)


@pytest.mark.parametrize(("closing", "valid"), [(60, True), (58, True), (57, False)])
def test_a_missing_closing_is_told(closing: int, *, valid: bool) -> None:
    mean = hour(register((0, 100.0), (closing, 150.0), (61, 160.0)))
    assert (mean.value, mean.valid, "期末" in mean.note) == (50.0, valid, not valid)


def test_the_edges_belong_to_the_window_before() -> None:
    values = register((0, 1.0), (60, 3.0), (120, 7.0))
    assert consumption(values, 0, HOUR_US, 3600, None).value == 2.0
    assert consumption(values, HOUR_US, 2 * HOUR_US, 3600, None).value == 4.0


@given(
    steps=st.lists(st.tuples(st.integers(1, 200), st.integers(0, 1_000_000)), min_size=1, max_size=60),
    cuts=st.sets(st.integers(1, 5000), max_size=10),
    register_max=st.none() | st.just(1_000_000.0),
)
def test_windows_that_follow_each_other_add_up(
    steps: list[tuple[int, int]], cuts: set[int], register_max: float | None
) -> None:
    minutes = itertools.accumulate(step for step, _ in steps)
    values = register(
        (0, 500_000.0), *((minute, float(shown)) for minute, (_, shown) in zip(minutes, steps, strict=True))
    )
    edges = [0, *sorted(cuts), 20_000]
    parts = [
        consumption(values, start * MINUTE_US, end * MINUTE_US, 60, register_max).value or 0.0
        for start, end in itertools.pairwise(edges)
    ]
    assert sum(parts) == consumption(values, 0, 20_000 * MINUTE_US, 60, register_max).value


def mean(value: float | None, *, valid: bool = True) -> Mean:
    return Mean(value=value, low=None, high=None, n_valid=1, n_expected=1, valid=valid, marks="N")


def test_standard_coal_of_the_worked_example() -> None:
    parts = {"kwh": (mean(1e6), 0.1229e-3), "gas": (mean(5e5), 1.33e-3), "coal": (mean(3000.0), 0.7143)}
    tce = standard_coal(parts)
    assert tce.value == pytest.approx(2930.8)
    assert (tce.n_valid, tce.n_expected, tce.valid, tce.note) == (3, 3, True, "")


@pytest.mark.parametrize(("part", "known"), [(mean(None, valid=False), 10.0), (mean(5.0, valid=False), 15.0)])
def test_one_lacking_part_makes_the_sum_invalid_and_is_named(part: Mean, known: float) -> None:
    tce = standard_coal({"kwh": (mean(10.0), 1.0), "gas": (part, 1.0)})
    assert (tce.value, tce.n_valid, tce.n_expected, tce.valid) == (known, 1, 2, False)
    assert "gas" in tce.note


def test_of_nothing_nothing_is_said() -> None:
    assert (standard_coal({}).value, standard_coal({}).valid) == (None, False)
    assert standard_coal({"kwh": (mean(None, valid=False), 1.0)}).value is None


def test_a_step_back_near_the_top_is_no_rollover() -> None:
    mean = hour(register((0, 9500.0), (30, 9499.9), (60, 9501.0)), 10_000.0)
    assert mean.value == pytest.approx(1.1)
    assert (mean.valid, "复位" in mean.note) == (False, True)


def test_two_rollovers_in_one_window_are_both_counted() -> None:
    mean = consumption(register((0, 95.0), (1, 3.0), (2, 96.0), (3, 4.0)), 0, 3 * MINUTE_US, 60, 100.0)
    assert (mean.value, mean.valid) == (109.0, True)


def test_a_spike_its_instrument_calls_a_fault_is_not_counted() -> None:
    spiked = [Value(0, 10.0, "N"), Value(30 * MINUTE_US, 9999.0, "D"), Value(60 * MINUTE_US, 11.0, "N")]
    mean = hour(spiked)
    assert (mean.value, mean.valid, mean.marks) == (1.0, True, "DN")
