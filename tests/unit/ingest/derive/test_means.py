from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.means import PH, HourOfDay, Value, day_mean, hour_mean
from schemas.catalog.enums import Mark
from schemas.records import Mean

COD = "w01018"


def minutes(count: int, value: float = 30.0, mark: str = "N", first: int = 0) -> list[Value]:
    return [Value((first + minute) * 60_000_000, value, mark) for minute in range(count)]


def hour(value: float | None, flow: float | None = 1.0, *, valid: bool = True, marks: str = "N") -> HourOfDay:
    n_valid = 60 if valid else 10
    mean = Mean(value=value, low=value, high=value, n_valid=n_valid, n_expected=60, valid=valid, marks=marks)
    return HourOfDay(mean, flow)


@pytest.mark.parametrize(("count", "valid"), [(1, False), (44, False), (45, True), (60, True), (61, True)])
def test_an_hour_needs_75_percent(count: int, *, valid: bool) -> None:
    mean = hour_mean(minutes(count), 60, COD)
    assert (mean.value, mean.n_valid, mean.n_expected, mean.valid) == (30.0, count, 60, valid)


@pytest.mark.parametrize(
    ("interval_s", "expected", "needed"), [(5, 720, 540), (60, 60, 45), (600, 6, 5), (1800, 2, 2), (3600, 1, 1)]
)
def test_the_share_counts_what_is_due(interval_s: int, expected: int, needed: int) -> None:
    enough = hour_mean(minutes(needed), interval_s, COD)
    assert (enough.n_expected, enough.valid) == (expected, True)
    if needed > 1:
        assert not hour_mean(minutes(needed - 1), interval_s, COD).valid


def test_a_slow_series_expects_one_an_hour() -> None:
    assert hour_mean(minutes(1), 7200, COD).n_expected == 1


@pytest.mark.parametrize("mark", [mark.value for mark in Mark if mark is not Mark.NORMAL])
def test_only_normal_values_count(mark: str) -> None:
    mean = hour_mean(minutes(45, 10.0) + minutes(15, 1000.0, mark, first=45), 60, COD)
    assert (mean.value, mean.high, mean.n_valid, mean.valid) == (10.0, 10.0, 45, True)
    assert set(mean.marks) == {"N", mark}
    assert not hour_mean(minutes(44) + minutes(16, mark=mark, first=44), 60, COD).valid


def test_values_stamped_on_receipt_count_and_are_seen() -> None:
    mean = hour_mean(minutes(30) + minutes(30, mark="n", first=30), 60, COD)
    assert (mean.n_valid, mean.valid, mean.marks) == (60, True, "Nn")


def test_an_hour_without_values_has_none() -> None:
    empty = hour_mean([], 60, COD)
    assert (empty.value, empty.low, empty.high, empty.n_valid, empty.valid) == (None, None, None, 0, False)
    assert empty.note == "无数据"
    faulty = hour_mean(minutes(60, mark="D"), 60, COD)
    assert (faulty.value, faulty.valid, faulty.marks, faulty.note) == (None, False, "D", "无有效数据")


def test_mean_low_and_high() -> None:
    mean = hour_mean(minutes(30, 10.0) + minutes(30, 20.0, first=30), 60, COD)
    assert (mean.value, mean.low, mean.high) == (15.0, 10.0, 20.0)


def test_ph_is_averaged_as_hydrogen_ions() -> None:
    mean = hour_mean(minutes(30, 6.0) + minutes(30, 8.0, first=30), 60, PH)
    assert mean.value == pytest.approx(-math.log10((1e-6 + 1e-8) / 2))
    assert mean.value == pytest.approx(6.2967, abs=1e-4)
    assert (mean.low, mean.high) == (6.0, 8.0)
    day = day_mean([hour(6.0)] * 9 + [hour(8.0)] * 9, PH, weighted=False)
    assert day.value == pytest.approx(6.2967, abs=1e-4)


@pytest.mark.parametrize(("count", "valid"), [(17, False), (18, True), (24, True)])
@pytest.mark.parametrize("weighted", [True, False])
def test_a_day_needs_18_hours(count: int, *, valid: bool, weighted: bool) -> None:
    mean = day_mean([hour(30.0)] * count, COD, weighted=weighted)
    assert (mean.n_valid, mean.n_expected, mean.valid) == (count, 24, valid)
    assert mean.value == pytest.approx(30.0)


def test_concentrations_are_weighted_with_flow() -> None:
    mean = day_mean([hour(10.0, 300.0)] * 12 + [hour(50.0, 100.0)] * 12, COD, weighted=True)
    assert mean.value == pytest.approx((10 * 300 + 50 * 100) / 400)
    assert mean.note == "流量加权"
    assert day_mean([hour(10.0, 300.0), hour(50.0, 100.0)], COD, weighted=False).value == pytest.approx(30.0)


@pytest.mark.parametrize("flow", [0.0, -1.0, None])
def test_an_hour_without_flow_drops_out_of_a_weighted_day(flow: float | None) -> None:
    hours = [hour(30.0)] * 18 + [hour(1000.0, flow)] * 6
    mean = day_mean(hours, COD, weighted=True)
    assert mean.value == pytest.approx(30.0)
    assert (mean.high, mean.n_valid, mean.valid) == (30.0, 18, True)
    assert not day_mean(hours[1:], COD, weighted=True).valid
    assert day_mean(hours, COD, weighted=False).n_valid == 24


def test_invalid_hours_drop_out() -> None:
    mean = day_mean(
        [hour(30.0)] * 18 + [hour(99.0, valid=False, marks="D"), hour(None, valid=False)], COD, weighted=True
    )
    assert mean.value == pytest.approx(30.0)
    assert (mean.n_valid, mean.valid) == (18, True)
    assert set(mean.marks) == {"N", "D"}


@pytest.mark.parametrize("hours", [[], [hour(30.0, valid=False)], [hour(30.0, 0.0)] * 24])
def test_a_day_without_hours_has_no_value(hours: list[HourOfDay]) -> None:
    mean = day_mean(hours, COD, weighted=True)
    assert (mean.value, mean.n_valid, mean.valid) == (None, 0, False)
    assert mean.note


VALUES = st.lists(
    st.builds(Value, st.integers(0, 3_600_000_000), st.floats(0.0, 14.0), st.sampled_from("NnFMSDCTB")), max_size=80
)


@given(VALUES.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))), st.sampled_from([PH, COD]))
def test_the_order_of_values_does_not_matter(pair: tuple[list[Value], list[Value]], factor: str) -> None:
    assert hour_mean(pair[0], 60, factor) == hour_mean(pair[1], 60, factor)


HOURS = st.lists(
    st.builds(hour, st.floats(0.0, 14.0), st.none() | st.floats(0.0, 1e4), valid=st.booleans()), max_size=24
)


@given(
    HOURS.flatmap(lambda hours: st.tuples(st.just(hours), st.permutations(hours))),
    st.sampled_from([PH, COD]),
    st.booleans(),
)
def test_the_order_of_hours_does_not_matter(
    pair: tuple[list[HourOfDay], list[HourOfDay]],
    factor: str,
    weighted: bool,  # noqa: FBT001
) -> None:
    assert day_mean(pair[0], factor, weighted=weighted) == day_mean(pair[1], factor, weighted=weighted)


@given(VALUES, st.sampled_from([PH, COD]))
def test_a_mean_lies_between_low_and_high(values: list[Value], factor: str) -> None:
    mean = hour_mean(values, 60, factor)
    if mean.value is None or mean.low is None or mean.high is None:
        assert not any(value.mark in "Nn" for value in values)
    else:
        assert mean.low - 1e-9 <= mean.value <= mean.high + 1e-9
