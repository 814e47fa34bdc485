from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.derive.energy import Change, Meter, consumption, month
from ingest.derive.means import Value
from schemas.catalog.enums import PointKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.records import Mean

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
REGISTER = Meter(interval_s=60, register_max=None, changes=(), kind=PointKind.COUNTER)
AMOUNTS = Meter(interval_s=900, register_max=None, changes=(), kind=PointKind.INTERVAL)
SHARED = "估算: 缺数期间按时间分摊"
RESET = "表计示数下降(复位或换表)，该步未计"


def register(*steps: tuple[float, float]) -> list[Value]:
    return [Value(int(minute * MINUTE_US), value, "N") for minute, value in steps]


def steady(first: int, last: int, start: float = 100.0) -> list[Value]:
    return register(*((minute, start + minute) for minute in range(first, last + 1)))


def changed(*changes: tuple[int, float, float]) -> Meter:
    return msgspec.structs.replace(
        REGISTER, changes=tuple(Change(minute * MINUTE_US, closing, opening) for minute, closing, opening in changes)
    )


def topped(register_max: float | None) -> Meter:
    return msgspec.structs.replace(REGISTER, register_max=register_max)


def hour(values: Sequence[Value], meter: Meter = REGISTER, number: int = 0) -> Mean:
    return consumption(values, number * HOUR_US, (number + 1) * HOUR_US, meter)


def test_what_a_register_gained() -> None:
    mean = hour(steady(-5, 65))
    assert (mean.value, mean.low, mean.high) == (60.0, 100.0, 160.0)
    assert (mean.n_valid, mean.n_expected, mean.valid, mean.marks, mean.note) == (60, 60, True, "N", "")
    assert (mean.n_received, mean.n_late) == (60, 0)
    assert hour([value._replace(late=value.ts_us > 57 * MINUTE_US) for value in steady(-5, 65)]).n_late == 3


def test_a_register_that_stands_still_counts_zero() -> None:
    mean = hour(register(*((minute, 7.0) for minute in range(61))))
    assert (mean.value, mean.valid) == (0.0, True)


# GB/T 2589-2020 counts what was consumed; house reference 5.2: opening and closing readings, gaps 估算, never a zero.


@pytest.mark.parametrize(
    ("before", "after", "register_max", "value"),
    [
        (9999.0, 6.0, 10_000.0, 7.0),
        (9000.0, 1000.0, 10_000.0, 2000.0),
        (8999.9, 1.0, 10_000.0, None),
        (9999.0, 1000.1, 10_000.0, None),
        (9999.0, 6.0, None, None),
        (9999.0, 6.0, 1_000_000.0, None),
        (10_001.0, 6.0, 10_000.0, None),
        (9500.0, 9499.9, 10_000.0, None),
    ],
)
def test_a_fall_is_a_rollover_or_not_counted(
    before: float, after: float, register_max: float | None, value: float | None
) -> None:
    mean = hour(register((0, before), (2, after), (4, after), (60, after)), topped(register_max))
    assert mean.value == pytest.approx(value or 0.0)
    assert mean.valid is (value is not None)
    assert mean.note == ("表计翻转" if value else RESET)


def test_two_rollovers_in_one_window_are_both_counted() -> None:
    mean = consumption(register((0, 95.0), (1, 3.0), (2, 96.0), (3, 4.0)), 0, 3 * MINUTE_US, topped(100.0))
    assert (mean.value, mean.valid) == (109.0, True)


def test_a_reset_loses_its_step_alone() -> None:
    mean = hour(register((0, 500.0), (30, 510.0), (31, 3.0), (60, 8.0)))
    assert (mean.value, mean.valid, mean.note) == (15.0, False, RESET)


def test_a_meter_changed_in_mid_month_loses_nothing() -> None:
    # Old meter 8000 → 8010 (closing 8012), new one opens at 5 → 9: 10 + 2 + 4, and it is in force at its instant.
    meter = changed((30, 8012.0, 5.0))
    mean = hour(register((0, 8000.0), (29, 8010.0), (30, 5.0), (60, 9.0)), meter)
    assert (mean.value, mean.valid, mean.low, mean.high) == (16.0, True, 8000.0, 9.0)
    assert mean.note == "已登记换表，示数已衔接"
    # A change is no rollover and no reset: nor is it one of the step before or after its own.
    assert hour(register((0, 8000.0), (29, 8010.0), (60, 8015.0)), changed((61, 1.0, 0.0))).value == 15.0


def test_several_changes_in_one_step_are_chained() -> None:
    meter = changed((20, 50.0, 900.0), (10, 110.0, 40.0), (10, 110.0, 40.0))
    mean = hour(register((0, 100.0), (60, 907.0)), meter)
    # 110 − 100, then 50 − 40, then 907 − 900; the same change registered twice is one change.
    assert (mean.value, mean.valid) == (27.0, True)


@pytest.mark.parametrize("change", [(30, 99.0, 5.0), (30, 110.0, 10.0)])
def test_a_change_the_readings_contradict_is_not_counted(change: tuple[int, float, float]) -> None:
    mean = hour(register((0, 90.0), (29, 100.0), (31, 9.0), (60, 12.0)), changed(change))
    assert (mean.value, mean.valid, mean.note) == (13.0, False, "换表示数与读数矛盾")


def test_a_gap_inside_loses_nothing_and_needs_no_estimate() -> None:
    mean = hour(register((0, 100.0), (1, 101.0), (59, 159.0), (60, 160.0)))
    assert (mean.value, mean.n_valid, mean.valid, mean.marks) == (60.0, 3, True, "N")


def test_a_gap_over_the_edge_is_shared_out_by_time() -> None:
    # 40 in 40 minutes, 10 of them before the edge; NHJC and house reference 5.2: flagged, and nothing is invented.
    values = register((0, 0.0), (50, 50.0), (90, 90.0), (120, 120.0))
    first, second = hour(values), hour(values, number=1)
    assert (first.value, first.valid, first.marks, first.note) == (60.0, False, "Ne", SHARED)
    assert (second.value, second.valid, second.marks, second.note) == (60.0, False, "Ne", SHARED)
    assert (first.low, first.high, second.low, second.high) == (0.0, 50.0, 50.0, 120.0)


def test_a_window_without_any_reading_has_its_share_of_the_gap() -> None:
    mean = hour(register((-60, 0.0), (180, 240.0)))
    assert (mean.value, mean.valid, mean.marks, mean.n_valid) == (60.0, False, "e", 0)


def test_a_step_of_two_intervals_is_no_gap() -> None:
    values = register((-1, 0.0), (1, 2.0), (59, 60.0), (61, 62.0))
    mean = hour(values)
    assert (mean.value, mean.valid, mean.marks) == (60.0, True, "N")
    assert hour(register((-1, 0.0), (1.01, 2.0), (60, 60.0))).marks == "Ne"


@pytest.mark.parametrize("register_max", [None, 1000.0])
def test_a_fall_over_a_gap_is_told_in_every_window_it_spans(register_max: float | None) -> None:
    values = register((0, 500.0), (30, 530.0), (90, 3.0), (120, 33.0))
    means = [hour(values, topped(register_max), number) for number in (0, 1)]
    assert [mean.value for mean in means] == [30.0, 30.0]
    assert all(not mean.valid and RESET in mean.note for mean in means)


def test_without_an_opening_what_was_gained_inside_is_still_the_value() -> None:
    mean = hour(steady(1, 60))
    assert (mean.value, mean.valid, mean.low, mean.note) == (59.0, False, None, "缺少期初示数")


def test_of_one_reading_alone_nothing_is_said() -> None:
    mean = hour(steady(60, 60))
    assert (mean.value, mean.valid, mean.n_valid, mean.note) == (None, False, 1, "缺少期初示数")


@pytest.mark.parametrize("values", [[], steady(-5, 0), steady(61, 70), [Value(MINUTE_US, 1.0, "D")]])
def test_without_readings_nothing_is_said(values: list[Value]) -> None:
    mean = hour(values)
    assert (mean.value, mean.low, mean.high, mean.valid, mean.note) == (None, None, None, False, "无数据")


@pytest.mark.parametrize(("closing", "valid"), [(60.0, True), (58.0, True), (57.99, False)])
def test_a_missing_closing_is_told(closing: float, *, valid: bool) -> None:
    mean = hour(register((0, 100.0), (closing, 150.0)))
    assert (mean.value, mean.valid, mean.note) == (50.0, valid, "" if valid else "期末示数缺失")


def test_the_edges_belong_to_the_window_before() -> None:
    values = register((0, 1.0), (60, 3.0), (120, 7.0))
    meter = msgspec.structs.replace(REGISTER, interval_s=3600)
    assert hour(values, meter).value == 2.0
    assert hour(values, meter, 1).value == 4.0


def test_a_spike_its_instrument_calls_a_fault_is_not_counted() -> None:
    mean = hour([Value(0, 10.0, "N"), Value(30 * MINUTE_US, 9999.0, "D"), Value(60 * MINUTE_US, 11.0, "N")])
    assert (mean.value, mean.valid, mean.marks) == (1.0, True, "DN")
    assert (mean.n_valid, mean.n_received) == (1, 2)
    assert hour([*steady(0, 60), Value(30 * MINUTE_US, 1.0, "D")]).n_valid == 60


def test_a_meter_that_does_not_count_and_an_empty_window_are_refused() -> None:
    with pytest.raises(ValueError, match="gauge"):
        hour([], msgspec.structs.replace(REGISTER, kind=PointKind.GAUGE))
    with pytest.raises(ValueError, match="empty"):
        consumption([], HOUR_US, HOUR_US, REGISTER)


def handed_over(values: list[Value], start: int, end: int) -> list[Value]:
    """What the standard caller fetches: the window, the last reading before it and the first one after it."""
    before = [value for value in values if value.ts_us <= start][-1:]
    after = [value for value in values if value.ts_us > end][:1]
    return before + [value for value in values if start < value.ts_us <= end] + after


@settings(deadline=None)
@given(data=st.data(), seed=st.randoms(use_true_random=False))
def test_any_windows_add_up_to_what_was_consumed(data: st.DataObject, seed: object) -> None:
    gains = data.draw(st.lists(st.floats(0, 90), min_size=1, max_size=40))
    pauses = data.draw(st.lists(st.integers(1, 200), min_size=len(gains), max_size=len(gains)))
    swaps = data.draw(st.lists(st.sampled_from([False] * 4 + [True]), min_size=len(gains), max_size=len(gains)))
    minute, shown = 0, data.draw(st.floats(0, 999))
    values, changes = register((0, shown)), []
    for gain, pause, swap in zip(gains, pauses, swaps, strict=True):
        minute += pause
        if swap:
            changes.append(Change(minute * MINUTE_US - 1, shown + gain / 2, 3.0))
            shown = 3.0 + gain / 2
        else:
            shown = (shown + gain) % 1000.0 if shown + gain > 1000 else shown + gain
        values += register((minute, shown))
    meter = Meter(interval_s=60, register_max=1000.0, changes=tuple(changes), kind=PointKind.COUNTER)
    cuts = data.draw(st.sets(st.integers(1, minute), max_size=12))
    edges = sorted({0, minute} | cuts)
    parts = []
    for start, end in itertools.pairwise(edge * MINUTE_US for edge in edges):
        mean = consumption(handed_over(values, start, end), start, end, meter)
        crowd = values + values[: data.draw(st.integers(0, len(values)))]
        seed.shuffle(crowd)  # type: ignore[attr-defined]
        assert consumption(crowd, start, end, meter) == mean
        parts.append(mean.value or 0.0)
    assert math.fsum(parts) == pytest.approx(math.fsum(gains), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(1, 300), st.integers(0, 1_000_000)), min_size=1, max_size=40),
    cuts=st.sets(st.integers(1, 5000), max_size=10),
    register_max=st.none() | st.just(1_000_000.0),
)
def test_whatever_a_register_does_windows_add_up_and_never_go_back(
    steps: list[tuple[int, int]], cuts: set[int], register_max: float | None
) -> None:
    minutes = itertools.accumulate(step for step, _ in steps)
    values = register((0, 500_000.0), *((at, float(shown)) for at, (_, shown) in zip(minutes, steps, strict=True)))
    edges = [0, *sorted(cuts), 20_000]
    windows = [(start * MINUTE_US, end * MINUTE_US) for start, end in itertools.pairwise(edges)]
    parts = [
        consumption(handed_over(values, *window), *window, topped(register_max)).value or 0.0 for window in windows
    ]
    whole = consumption(values, 0, 20_000 * MINUTE_US, topped(register_max)).value
    assert min(parts) >= 0.0
    assert math.fsum(parts) == pytest.approx(whole, rel=1e-9)


def quarters(*amounts: float | None, mark: str = "N") -> list[Value]:
    return [Value(n * 15 * MINUTE_US, one, mark) for n, one in enumerate(amounts) if one is not None]


def test_a_meter_of_intervals_adds_up_what_begins_inside() -> None:
    values = [*quarters(1.0, 2.0, 3.0, 4.0), Value(-1, 100.0, "N"), Value(HOUR_US, 100.0, "N")]
    mean = hour(values, AMOUNTS)
    assert (mean.value, mean.low, mean.high, mean.valid, mean.note) == (10.0, None, None, True, "")
    assert (mean.n_valid, mean.n_expected, mean.n_received) == (4, 4, 4)
    assert hour(values[::-1] + values, AMOUNTS) == mean


@pytest.mark.parametrize(("lacking", "valid"), [(0, True), (9, True), (10, False), (95, False)])
def test_intervals_are_believed_from_nine_tenths_on(lacking: int, *, valid: bool) -> None:
    # NHJC (house reference 5.3): completeness at least 90 %: of 96 quarters of a day at most 9 may lack.
    values = quarters(*[None] * lacking, *[2.0] * (96 - lacking))
    mean = consumption(values, 0, DAY_US, AMOUNTS)
    assert (mean.value, mean.valid, mean.n_valid) == (2.0 * (96 - lacking), valid, 96 - lacking)
    assert mean.note == (f"缺数 {lacking}/96 个时段，未补" if lacking else "")


def test_an_interval_below_zero_is_not_counted() -> None:
    mean = consumption(quarters(-4.0, *[2.0] * 95), 0, DAY_US, AMOUNTS)
    assert (mean.value, mean.valid, mean.n_valid) == (190.0, False, 95)
    assert "负值 1 个" in mean.note


def test_of_intervals_nobody_vouches_for_nothing_is_said() -> None:
    mean = hour(quarters(1.0, 2.0, 3.0, 4.0, mark="D"), AMOUNTS)
    assert (mean.value, mean.valid, mean.marks, mean.n_received, mean.note) == (None, False, "D", 4, "无数据")


def test_a_gap_over_the_month_s_end_is_told_in_both_months() -> None:
    # A day is 24 h of hourly readings; silent from noon of the last day to noon of the first: 24 shared out 12 to 12.
    meter = msgspec.structs.replace(REGISTER, interval_s=3600)
    values = [Value(n * HOUR_US, float(n), "N") for n in range(97) if not 36 < n < 60]
    days = [consumption(values, n * DAY_US, (n + 1) * DAY_US, meter) for n in range(4)]
    assert [day.value for day in days] == pytest.approx([24.0] * 4)
    assert [day.valid for day in days] == [True, False, False, True]
    before, after = month(days[:2], 2), month(days[2:], 2)
    assert (before.valid, after.valid) == (False, False)
    assert "缺数跨月" in before.note
    assert "缺数跨月" in after.note
    assert month(days, 4).valid
