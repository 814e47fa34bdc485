from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest.derive import means
from ingest.derive.means import PH, HourOfDay, Sampling, Value, day_mean, hour_mean, mean_of
from schemas.catalog.enums import Mark
from schemas.records import Mean

if TYPE_CHECKING:
    from collections.abc import Sequence

S_US = 1_000_000
COD = Sampling(60, "w01018", "water")
ACID = Sampling(60, PH, "water")
SO2 = Sampling(60, "a21026", "gas")
FAST = Sampling(5, "a21026", "gas")
STEAM = Sampling(60, "yx_b_steam_flow", "other")


def minutes(count: int, value: float = 30.0, mark: str = "N", first: int = 0, *, late: bool = False) -> list[Value]:
    return [Value((first + minute) * 60 * S_US, value, mark, late) for minute in range(count)]


def every(step_s: int, count: int, first: int = 0, mark: str = "N") -> list[Value]:
    return [Value((first + index) * step_s * S_US, 30.0, mark) for index in range(count)]


def of_minutes(n_minutes: int, per_minute: int) -> list[Value]:
    return [
        Value((60 * minute + 5 * index) * S_US, 30.0, "N") for minute in range(n_minutes) for index in range(per_minute)
    ]


def hour(
    value: float | None, flow: float | None = 1.0, *, valid: bool = True, marks: str = "N", **more: int
) -> HourOfDay:
    mean = Mean(
        value=value, low=value, high=value, n_valid=60 if valid else 10, n_expected=60, valid=valid, marks=marks,
        n_received=60,
    )  # fmt: skip
    return HourOfDay(replace(mean, **more), flow)


@pytest.mark.parametrize("sampling", [COD, SO2, STEAM])
@pytest.mark.parametrize(("count", "valid"), [(1, False), (44, False), (45, True), (60, True)])
def test_an_hour_needs_45_minutes(sampling: Sampling, count: int, *, valid: bool) -> None:
    """HJ 75-2017: at least 45 minutes; HJ 356-2019: at least 75 % of the data due."""
    mean = hour_mean(minutes(count), 0, sampling)
    assert (mean.value, mean.n_valid, mean.n_expected, mean.valid) == (30.0, count, 60, valid)
    assert mean.n_received == count


@pytest.mark.parametrize("medium", ["water", "gas", "other"])
@pytest.mark.parametrize(
    ("interval_s", "expected", "needed"),
    [(60, 60, 45), (120, 30, 23), (600, 6, 5), (1000, 3, 3), (1800, 2, 2), (2400, 1, 1), (3600, 1, 1), (7200, 1, 1)],
)
def test_the_share_counts_what_is_due(medium: str, interval_s: int, expected: int, needed: int) -> None:
    sampling = Sampling(interval_s, "x", medium)
    mean = hour_mean(every(interval_s, needed), 0, sampling)
    assert (mean.n_expected, mean.n_valid, mean.valid) == (expected, needed, True)
    assert not hour_mean(every(interval_s, needed - 1), 0, sampling).valid


def test_a_fast_series_in_water_needs_75_percent_of_its_readings() -> None:
    sampling = Sampling(5, "w00000", "water")
    assert hour_mean(every(5, 540), 0, sampling).valid
    assert (hour_mean(every(5, 539), 0, sampling).valid, hour_mean([], 0, sampling).n_expected) == (False, 720)


@pytest.mark.parametrize(
    ("n_minutes", "per_minute", "valid", "n_valid"),
    [(60, 12, True, 60), (45, 12, True, 45), (45, 9, True, 45), (44, 12, False, 44), (60, 8, False, 0)],
)
def test_gas_is_averaged_by_the_minute_first(n_minutes: int, per_minute: int, n_valid: int, *, valid: bool) -> None:
    """HJ 212-2017 D.2.2: minute means (75 % of their readings, notes to C.16-C.18), then at least 45 of them."""
    mean = hour_mean(of_minutes(n_minutes, per_minute), 0, FAST)
    assert (mean.valid, mean.n_valid, mean.n_expected, mean.n_received) == (valid, n_valid, 60, n_valid)
    assert (mean.value is None) is (n_valid == 0)


def test_a_minute_weighs_as_a_minute() -> None:
    """HJ 212-2017 D.2.2: the hour is the mean of its minutes, however many readings each of them had."""
    low = [value._replace(value=10.0) for value in of_minutes(30, 9)]
    high = [Value(value.ts_us + 1800 * S_US, 20.0, "N") for value in of_minutes(30, 12)]
    mean = hour_mean(low + high, 0, FAST)
    assert (mean.value, mean.low, mean.high, mean.valid) == (15.0, 10.0, 20.0, True)


@pytest.mark.parametrize("interval_s", [7, 20, 25, 30, 40, 45, 55, 59])
def test_odd_intervals_fill_all_minutes(interval_s: int) -> None:
    sampling = Sampling(interval_s, "a21026", "gas")
    mean = hour_mean(every(interval_s, -(-3600 // interval_s)), 0, sampling)
    assert (mean.n_valid, mean.n_expected, mean.valid) == (60, 60, True)


@pytest.mark.parametrize("sampling", [COD, SO2, FAST])
def test_sheer_number_makes_no_hour_valid(sampling: Sampling) -> None:
    """HJ 75-2017: 45 minutes, not 45 readings: one a second for half an hour is half an hour."""
    for until in (30, 44):
        mean = hour_mean(every(1, 60 * until), 0, sampling)
        assert (mean.value, mean.n_valid, mean.valid) == (30.0, until, False)


@pytest.mark.parametrize("sampling", [COD, SO2])
@pytest.mark.parametrize("mark", [*(mark.value for mark in Mark if mark is not Mark.NORMAL), *"ckdmfu", "?"])
def test_only_normal_values_count(mark: str, sampling: Sampling) -> None:
    """HJ 212-2017 table 8: only N is a normal value; an unknown mark is not N."""
    mean = hour_mean(minutes(45, 10.0) + minutes(15, 1000.0, mark, first=45), 0, sampling)
    assert (mean.value, mean.high, mean.n_valid, mean.n_received, mean.valid) == (10.0, 10.0, 45, 60, True)
    assert set(mean.marks) == {"N", mark}
    assert not hour_mean(minutes(44) + minutes(16, mark=mark, first=44), 0, sampling).valid


def test_values_stamped_on_receipt_count_and_are_seen() -> None:
    mean = hour_mean(minutes(30) + minutes(30, mark="n", first=30), 0, COD)
    assert (mean.n_valid, mean.valid, mean.marks) == (60, True, "Nn")


def test_above_range_has_no_value_but_is_told() -> None:
    """HJ 212-2017 table 8, T: the value does not count, but the true one is at least the range."""
    mean = hour_mean(minutes(50) + minutes(10, 999.0, "T", first=50), 0, COD)
    assert (mean.value, mean.high, mean.valid, mean.marks) == (30.0, 30.0, True, "NT")
    assert mean.note.startswith("超量程")
    assert hour_mean(minutes(60, mark="T"), 0, COD).note.startswith("无有效数据；超量程")
    assert "超量程 1 小时" in day_mean([hour(1.0, marks="NT"), hour(1.0)], COD, weighted=True).note


@pytest.mark.parametrize("sampling", [COD, SO2, FAST])
def test_an_hour_without_values_has_none(sampling: Sampling) -> None:
    empty = hour_mean([], 0, sampling)
    assert (empty.value, empty.low, empty.high, empty.n_valid, empty.valid) == (None, None, None, 0, False)
    assert (empty.note, empty.n_received) == ("无数据", 0)
    faulty = hour_mean(minutes(60, mark="D"), 0, sampling)
    assert (faulty.value, faulty.valid, faulty.marks, faulty.note) == (None, False, "D", "无有效数据")


def test_what_came_late_is_told() -> None:
    mean = hour_mean(minutes(40) + minutes(20, first=40, late=True) + minutes(5, late=True), 0, COD)
    assert (mean.n_valid, mean.n_received, mean.n_late, mean.valid) == (60, 60, 20, True)
    assert hour_mean(minutes(60, mark="D", late=True), 0, COD).n_late == 0


def test_readings_of_other_hours_are_left_out() -> None:
    values = [Value(-1, 9.0, "N"), *minutes(60), Value(3600 * S_US, 9.0, "N")]
    assert hour_mean(values, 0, COD) == hour_mean(minutes(60), 0, COD)


def test_ph_is_averaged_as_hydrogen_ions() -> None:
    mean = hour_mean(minutes(30, 6.0) + minutes(30, 8.0, first=30), 0, ACID)
    assert mean.value == pytest.approx(-math.log10((1e-6 + 1e-8) / 2))
    assert mean.value == pytest.approx(6.2967, abs=1e-4)
    assert (mean.low, mean.high) == (6.0, 8.0)
    for weighted in (True, False):
        day = day_mean([hour(6.0, 0.0)] * 9 + [hour(8.0, 9.0)] * 9, ACID, weighted=weighted)
        assert day.value == pytest.approx(6.2967, abs=1e-4)


@pytest.mark.parametrize(("sampling", "needed"), [(COD, 18), (SO2, 20), (STEAM, 18)])
@pytest.mark.parametrize("weighted", [True, False])
def test_a_day_needs_18_hours_and_gas_20(sampling: Sampling, needed: int, *, weighted: bool) -> None:
    """HJ 356-2019: 75 % of 24 hours; HJ 75-2017: at least 20 hours."""
    for count in (needed - 1, needed, 24):
        mean = day_mean([hour(30.0)] * count, sampling, weighted=weighted)
        assert (mean.value, mean.n_valid, mean.n_expected, mean.valid) == (30.0, count, 24, count >= needed)
        assert mean.n_received == count


def test_concentrations_in_water_are_weighted_with_flow() -> None:
    """HJ 356-2019: the daily mean of water is flow-weighted; HJ 75-2017: that of gas is arithmetic."""
    hours = [hour(10.0, 300.0)] * 12 + [hour(50.0, 100.0)] * 12
    mean = day_mean(hours, COD, weighted=True)
    assert mean.value == pytest.approx((10 * 300 + 50 * 100) / 400)
    assert mean.note == "流量加权"
    assert day_mean(hours, COD, weighted=False).value == pytest.approx(30.0)
    assert day_mean(hours, SO2, weighted=True).value == pytest.approx(30.0)


@pytest.mark.parametrize(("flow", "stopped"), [(0.0, 6), (-1.0, 6), (None, 0)])
def test_an_hour_without_flow_drops_out_of_a_weighted_day(flow: float | None, stopped: int) -> None:
    """HJ 356-2019: with flow 0 the concentration is invalid; an unknown flow cannot weigh."""
    hours = [hour(30.0)] * 18 + [hour(1000.0, flow)] * 6
    mean = day_mean(hours, COD, weighted=True)
    assert mean.value == pytest.approx(30.0)
    assert (mean.high, mean.n_valid, mean.valid, mean.n_stopped) == (30.0, 18, True, stopped)
    assert ("零流量 6 小时" in mean.note, "流量未知 6 小时" in mean.note) == (flow is not None, flow is None)
    assert not day_mean(hours[1:], COD, weighted=True).valid
    assert day_mean(hours, COD, weighted=False).n_valid == 24


@pytest.mark.parametrize(
    "hours", [[], [hour(30.0, valid=False)] * 24, [hour(30.0, 0.0)] * 24, [hour(None, valid=False)]]
)
def test_a_day_without_hours_has_no_value(hours: list[HourOfDay]) -> None:
    """HJ 356-2019: all data invalid, or zero flow all day: there is no daily mean, and none is made up."""
    mean = day_mean(hours, COD, weighted=True)
    assert (mean.value, mean.low, mean.n_valid, mean.valid) == (None, None, 0, False)
    assert mean.note.startswith("无有效数据或流量")


def test_invalid_hours_drop_out() -> None:
    hours = [hour(30.0)] * 18 + [hour(99.0, valid=False, marks="D"), hour(None, valid=False)]
    mean = day_mean(hours, COD, weighted=True)
    assert (mean.value, mean.n_valid, mean.valid, mean.marks) == (30.0, 18, True, "DN")


def test_the_hours_of_a_day_are_told_apart() -> None:
    """House reference part II 6: what was received, late, stopped and checked decides the transmission rate."""
    hours = [
        *[hour(30.0)] * 18,
        hour(30.0, n_late=16),
        hour(30.0, n_late=15),
        hour(None, valid=False, n_received=44, n_late=10),
        hour(None, valid=False, n_stopped=16),
        hour(None, valid=False, n_stopped=15),
        hour(None, valid=False, n_checked=20),
    ]
    mean = day_mean(hours, COD, weighted=True)
    assert (mean.n_valid, mean.n_received, mean.n_late, mean.n_stopped, mean.n_checked) == (20, 23, 1, 1, 1)


@pytest.mark.parametrize(("factor", "checked"), [("w01018", 1), ("w21003", 1), ("w21011", 1), ("w21001", 1), (PH, 0)])
def test_one_hour_of_check_a_day_leaves_the_denominator(factor: str, checked: int) -> None:
    """House reference part II 6 (b): at most 1 h a day, for COD, NH3-N, TP and TN alone."""
    hours = [hour(30.0)] * 20 + [hour(None, valid=False, n_checked=60)] * 3 + [hour(30.0, n_checked=4)]
    assert day_mean(hours, Sampling(60, factor, "water"), weighted=False).n_checked == checked
    assert day_mean([hour(30.0, n_checked=4)], COD, weighted=False).n_checked == 0


LETTERS = "NnvFMSDCTBckdmfu"
VALUES = st.lists(
    st.builds(Value, st.integers(0, 3_599_999_999), st.floats(0.0, 14.0), st.sampled_from(LETTERS), st.booleans()),
    max_size=80,
)
SAMPLINGS = st.sampled_from([COD, ACID, SO2, FAST, STEAM, Sampling(900, "w21001", "water"), Sampling(600, "x", "gas")])
SHUFFLED = VALUES.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values + values[:9])))


@given(SHUFFLED, SAMPLINGS)
def test_order_and_exact_repeats_do_not_matter(pair: tuple[list[Value], list[Value]], sampling: Sampling) -> None:
    assert hour_mean(pair[0], 0, sampling) == hour_mean(pair[1], 0, sampling)


@given(VALUES, SAMPLINGS)
def test_the_counts_of_an_hour_hold_together(values: list[Value], sampling: Sampling) -> None:
    mean = hour_mean(values, 0, sampling)
    assert 0 <= mean.n_late <= mean.n_valid <= mean.n_received <= mean.n_expected
    assert mean.n_valid + mean.n_stopped <= mean.n_expected
    if mean.value is None or mean.low is None or mean.high is None:
        assert mean.n_valid == 0
    else:
        assert mean.low <= mean.value <= mean.high


@given(VALUES, VALUES, SAMPLINGS)
def test_a_value_that_does_not_count_never_changes_the_mean(
    values: list[Value], others: list[Value], sampling: Sampling
) -> None:
    noise = [value._replace(mark="D") for value in others]
    plain, noisy = hour_mean(values, 0, sampling), hour_mean(values + noise, 0, sampling)
    assert (noisy.value, noisy.low, noisy.high) == (plain.value, plain.low, plain.high)
    assert (noisy.n_valid, noisy.valid, noisy.n_late) == (plain.n_valid, plain.valid, plain.n_late)


@given(VALUES, st.sampled_from([COD, SO2, FAST]), st.sampled_from([0.5, 2.0, 1024.0]))
def test_a_mean_scales_with_its_values(values: list[Value], sampling: Sampling, factor: float) -> None:
    scaled = hour_mean([value._replace(value=value.value * factor) for value in values], 0, sampling)
    plain = hour_mean(values, 0, sampling)
    assert scaled.value == (None if plain.value is None else pytest.approx(plain.value * factor))


HOURS = st.lists(
    st.builds(hour, st.floats(0.0, 14.0), st.none() | st.floats(0.0, 1e4), valid=st.booleans()), max_size=24
)


@given(HOURS.flatmap(lambda hours: st.tuples(st.just(hours), st.permutations(hours))), SAMPLINGS, st.booleans())
def test_the_order_of_hours_does_not_matter(
    pair: tuple[Sequence[HourOfDay], Sequence[HourOfDay]],
    sampling: Sampling,
    weighted: bool,  # noqa: FBT001
) -> None:
    mean = day_mean(pair[0], sampling, weighted=weighted)
    assert mean == day_mean(pair[1], sampling, weighted=weighted)
    if mean.value is not None and mean.low is not None and mean.high is not None:
        assert mean.low <= mean.value <= mean.high


@given(st.lists(st.tuples(st.floats(0, 1e3), st.floats(0.1, 1e3)), min_size=1))
def test_a_weighted_mean_lies_within_its_values(pairs: list[tuple[float, float]]) -> None:
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
    assert min(values) <= mean_of(values, "w01018", weights) <= max(values)
    assert mean_of(values, "w01018", [1.0] * len(values)) == pytest.approx(mean_of(values, "w01018"))


PLAIN = st.lists(
    st.tuples(st.integers(-1, 61), st.integers(0, 59), st.floats(0, 14), st.sampled_from("NNNNNND"), st.booleans()),
    max_size=61, unique_by=lambda row: row[0],
)  # fmt: skip


@given(PLAIN, SAMPLINGS, st.booleans())
def test_the_short_way_and_the_long_say_the_same(
    rows: list[tuple[int, int, float, str, bool]],
    sampling: Sampling,
    plain: bool,  # noqa: FBT001 - hypothesis fills it by place
) -> None:
    values = [
        Value(
            (slot * sampling.interval_s + second % sampling.interval_s) * S_US,
            value,
            "N" if plain else mark,
            late,
        )
        for slot, second, value, mark, late in rows
    ]
    assert hour_mean(values, 0, sampling) == means._marked(values, 0, sampling, ())


def test_a_plain_hour_goes_the_short_way() -> None:
    assert means._plain(minutes(60), 0, COD) is not None
    for remarkable in ([*minutes(60), Value(1, 1.0, "N")], [*minutes(59), Value(1, 1.0, "D")], []):
        assert means._plain(remarkable, 0, COD) is None
