from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.loads import gas_day, gas_hour, gas_month, volume_day, water_day, water_month
from schemas.records import Mean
from schemas.times import DAY, HOUR, day_start


def mean(value: float | None, *, valid: bool = True, stopped: int = 0, n_expected: int = 24, marks: str = "N") -> Mean:
    return Mean(
        value=value, low=value, high=value, n_valid=n_expected if valid else 0, n_expected=n_expected, valid=valid,
        marks=marks, note="流量加权", n_received=n_expected, n_stopped=stopped,
    )  # fmt: skip


def gas(value: float | None) -> Mean:
    return mean(value, valid=value is not None, n_expected=60, marks="N" if value is not None else "D")


BAD = mean(None, valid=False)
STOOD = mean(None, valid=False, stopped=24, marks="F")
GAP = gas(None)
OFF = mean(None, valid=False, stopped=60, n_expected=60, marks="F")


def test_the_load_of_a_day_of_sewage() -> None:
    """HJ 212-2017 D.1: kg = mg/L x m3 x 1e-3."""
    load = water_day(mean(30.0), 20_000.0)
    assert (load.value, load.low, load.high, load.valid, load.marks, load.note) == (600.0, 600.0, 600.0, True, "N", "")
    assert (load.n_valid, load.n_expected, load.n_received) == (24, 24, 24)
    assert water_day(mean(-0.2), 20_000.0).value == 0.0


@pytest.mark.parametrize(
    ("concentration", "volume", "volume_valid", "why"),
    [
        (BAD, 100.0, True, "浓度日均值无效"),
        (mean(30.0, valid=False), 100.0, True, "浓度日均值无效"),
        (mean(30.0), None, False, "水量不全"),
        (mean(30.0), 100.0, False, "水量不全"),
        (mean(30.0), 0.0, False, "水量不全"),
    ],
)
def test_half_known_is_no_load(concentration: Mean, volume: float | None, why: str, *, volume_valid: bool) -> None:
    """HJ 356-2019: a load needs the valid day mean and the day's volume; an unknown part is not guessed."""
    load = water_day(concentration, volume, volume_valid=volume_valid)
    assert (load.value, load.valid) == (None, False)
    assert why in load.note


@pytest.mark.parametrize("concentration", [BAD, mean(900.0)])
def test_a_day_of_zero_flow_discharges_nothing(concentration: Mean) -> None:
    """HJ 356-2019: with flow 0 the concentration is invalid; the load is 0, known and no estimate."""
    load = water_day(concentration, 0.0)
    assert (load.value, load.valid, load.note) == (0.0, True, "全天零流量")


def test_the_volume_of_a_day() -> None:
    """HJ 212-2017 D.1: m3 = L/s x s x 1e-3; missing hours are not invented (HJ 356-2019: 75 % = 18 hours)."""
    assert volume_day([mean(100.0)] * 24) == (8640.0, True)
    assert volume_day([mean(100.0)] * 18 + [BAD] * 6) == (6480.0, True)
    assert volume_day([mean(100.0)] * 17 + [mean(9.0, valid=False)] * 7) == (6120.0, False)
    assert volume_day([mean(-0.1)] * 24) == (0.0, True)
    assert volume_day([BAD] * 24) == (None, False)
    assert volume_day([]) == (None, False)


def test_the_load_of_an_hour_of_gas() -> None:
    """HJ 212-2017 D.2: kg/h = C (dry, standard, not converted) x Qsn x 1e-6."""
    load = gas_hour(gas(200.0), gas(50_000.0))
    assert (load.value, load.valid, load.n_valid, load.n_expected) == (10.0, True, 60, 60)
    assert gas_hour(gas(-1.0), gas(50_000.0)).value == 0.0
    assert gas_hour(gas(200.0), gas(-3.0)).value == 0.0
    for c, q in ((GAP, gas(1.0)), (gas(1.0), GAP), (gas(1.0), None), (OFF, OFF)):
        missing = gas_hour(c, q)
        assert (missing.value, missing.valid) == (None, False)
        assert "不计排放量" in missing.note
    assert gas_hour(OFF, OFF).n_stopped == 60


@pytest.mark.parametrize(("count", "valid"), [(19, False), (20, True), (24, True)])
def test_a_day_of_gas_needs_20_hours(count: int, *, valid: bool) -> None:
    """HJ 75-2017: at least 20 valid hours."""
    load = gas_day([gas(2.0)] * count + [OFF] * (24 - count))
    assert (load.value, load.valid, load.n_valid, load.n_stopped) == (2.0 * count, valid, count, 24 - count)
    assert gas_day([GAP] * 24).value is None
    assert gas_day([]).note == "无有效小时"


JUNE = date(2026, 6, 1)


def june(**special: Mean | None) -> dict[date, Mean]:
    held: dict[date, Mean | None] = {JUNE + DAY * index: mean(100.0 + index) for index in range(30)}
    held |= {JUNE.replace(day=int(name[1:])): load for name, load in special.items()}
    return {day: load for day, load in held.items() if load is not None}


END = date(2026, 6, 30)


def test_a_whole_month_is_the_sum_of_its_days() -> None:
    month = water_month(june(), JUNE, END)
    assert month.value == month.low == month.high == sum(100.0 + index for index in range(30))
    assert (month.n_valid, month.n_expected, month.valid, month.marks, month.note) == (30, 30, True, "N", "")


@pytest.mark.parametrize("missing", [None, BAD])
def test_a_missing_day_takes_the_largest_of_the_30_before(missing: Mean | None) -> None:
    """HJ 356-2019: the load (not the concentration) of an invalid day is the largest of the last 30 valid ones."""
    days = june(d10=missing, d11=missing) | {date(2026, 5, 31): mean(500.0), date(2026, 4, 1): mean(9e9)}
    days |= {date(2026, 5, 31) - DAY * index: mean(50.0) for index in range(1, 25)}
    month = water_month(days, JUNE, END)
    measured = sum(100.0 + index for index in range(30) if index not in {9, 10})
    assert month.low == pytest.approx(measured)
    assert month.value == month.high == pytest.approx(measured + 2 * 500.0)
    assert (month.n_valid, month.n_expected, month.valid) == (28, 30, True)
    assert "e" in month.marks
    assert "替代(估算) 2 天 1000.000 kg" in month.note


def test_the_31st_valid_day_before_is_forgotten() -> None:
    days = june(d02=None) | {date(2026, 5, 31) - DAY * index: mean(1.0) for index in range(29)}
    oldest = min(days) - DAY
    assert water_month(days | {oldest: mean(7e3)}, JUNE, JUNE + DAY).value == 100.0 + 100.0
    assert water_month({**days, oldest + DAY: mean(7e3)}, JUNE, JUNE + DAY).value == 100.0 + 7e3


def test_the_month_looks_at_nothing_that_came_after() -> None:
    days = june(d01=None)
    first = water_month(days, JUNE, JUNE)
    assert (first.value, first.valid, first.n_expected) == (None, False, 1)
    assert "无数据可替代 1 天" in first.note
    later = {day: mean(1e6) for day in (date(2026, 7, 1), date(2026, 7, 2))}
    assert water_month(days | later, JUNE, END) == water_month(days, JUNE, date(2026, 7, 9))
    assert water_month(days, JUNE, date(2026, 5, 1)).note == "无数据"


def test_stopped_days_and_days_without_flow_count_zero() -> None:
    """House reference 3.5: zero flow for days is a load of 0; nothing is put in its place."""
    dry = water_day(BAD, 0.0)
    days = june(d05=STOOD, d06=dry, d07=dry, d08=dry)
    month = water_month(days, JUNE, END)
    assert month.value == month.low == sum(100.0 + index for index in range(30) if index not in {4, 5, 6, 7})
    assert (month.n_valid, month.n_stopped, month.valid) == (29, 1, True)
    assert "e" not in month.marks
    assert "停运 1 天" in month.note
    assert water_month({JUNE: STOOD}, JUNE, JUNE).value == 0.0


def test_february_of_a_leap_year_has_29_days() -> None:
    start = date(2028, 2, 1)
    days = {start + DAY * index: mean(1.0) for index in range(40)}
    assert water_month(days, start, date(2028, 3, 31)).value == 29.0
    assert water_month(days, start, date(2028, 3, 31)).n_expected == 29


MAY_1 = day_start(date(2026, 5, 1))
APRIL_1 = day_start(date(2026, 4, 1))


def quarter(
    gaps: dict[int, int], *, load: Mean | None = None, offs: dict[int, int] | None = None
) -> dict[datetime, Mean]:
    """Return hourly loads of 1 kg from 1 April to the end of May; *gaps*, *offs*: first hour of May → length."""
    held = {APRIL_1 + HOUR * index: gas(1.0) for index in range(61 * 24)}
    for kind, spans in ((load or GAP, gaps), (OFF, offs or {})):
        for first, length in spans.items():
            held |= {MAY_1 + HOUR * (first + index): kind for index in range(length)}
    return held


MAY, MAY_31 = date(2026, 5, 1), date(2026, 5, 31)


@pytest.mark.parametrize(("length", "back", "taken"), [(24, 180, True), (24, 181, False), (25, 181, True), (25, 720, True), (25, 721, False)])  # fmt: skip
def test_gaps_of_gas_take_the_largest_of_180_or_720_hours(length: int, back: int, *, taken: bool) -> None:
    """HJ 75-2017 12: capture rate >= 90 %, gap <= 24 h 180 hours, > 24 h 720 hours before the gap."""
    hours = quarter({300: length})
    hours[MAY_1 + HOUR * (300 - back)] = gas(50.0)
    month = gas_month(hours, MAY, MAY_31)
    peak_in_may = 49.0 if back <= 300 else 0.0
    assert month.low == pytest.approx(31 * 24 - length + peak_in_may)
    assert (month.value or 0) - (month.low or 0) == pytest.approx(length * (50.0 if taken else 1.0))
    assert (month.valid, "e" in month.marks, month.n_valid) == (True, True, 31 * 24 - length)
    assert f"替代(估算) {length} 小时" in month.note


@pytest.mark.parametrize("back", [721, 1000])
def test_between_75_and_90_percent_2160_hours_are_looked_at(back: int) -> None:
    """HJ 75-2017 12: 75 % <= capture rate < 90 %: the largest of the last 2160 valid hours, whatever the gap."""
    hours = quarter({400: 24, 500: 200})
    hours[MAY_1 + HOUR * (400 - back)] = gas(50.0)
    month = gas_month(hours, MAY, MAY_31)
    assert (month.value or 0) - (month.low or 0) == pytest.approx(224 * 50.0)


def test_below_75_percent_nothing_is_substituted() -> None:
    """HJ 75-2017 12: capture rate below 75 %: manual measurement, no substitution."""
    month = gas_month(quarter({0: 370}), MAY, MAY_31)
    assert month.value == month.low == 31 * 24 - 370
    assert (month.valid, "e" in month.marks) == (False, False)
    assert "不足75%，需人工监测" in month.note
    assert "无数据可替代 370 小时" in month.note


def test_exactly_75_and_90_percent_belong_to_the_better_row() -> None:
    """HJ 75-2017 12: α >= 90 %, 75 % <= α < 90 %. 1464 hours from April to May: 366 and (of 1460) 146 missing."""
    assert gas_month(quarter({0: 366}), MAY, MAY_31).valid
    assert not gas_month(quarter({0: 367}), MAY, MAY_31).valid
    hours = quarter({500: 146}, offs={0: 4})
    hours[MAY_1 - HOUR * 300] = gas(50.0)
    assert "替代(估算) 146 小时 146.000 kg" in gas_month(hours, MAY, MAY_31).note
    hours[MAY_1 + HOUR * 700] = GAP
    assert "替代(估算) 147 小时 7350.000 kg" in gas_month(hours, MAY, MAY_31).note


def test_stopped_hours_leave_the_capture_rate_and_part_gaps() -> None:
    """HJ 75-2017 12: capture rate = (hours - stopped - invalid)/(hours - stopped); a stop discharges nothing."""
    hours = quarter({100: 20, 121: 20}, offs={120: 1, 200: 500})
    hours[MAY_1 + HOUR * (100 - 300)] = gas(50.0)
    month = gas_month(hours, MAY, MAY_31)
    assert (month.value or 0) - (month.low or 0) == pytest.approx(40.0)
    assert (month.n_stopped, month.valid) == (501, True)
    idle = gas_month(dict.fromkeys(quarter({}), OFF), MAY, MAY_31)
    assert (idle.value, idle.valid, idle.n_valid, idle.n_stopped) == (0.0, True, 0, 744)


def test_a_gap_that_began_the_month_before_is_as_long_as_it_was() -> None:
    hours = quarter({-20: 30})
    hours[MAY_1 - HOUR * 300] = gas(50.0)
    month = gas_month(hours, MAY, MAY_31)
    assert (month.value or 0) - (month.low or 0) == pytest.approx(10 * 50.0)
    assert month.n_expected == 744


def test_hours_without_a_row_are_gaps() -> None:
    hours = quarter({})
    without = {hour: load for hour, load in hours.items() if hour != MAY_1 + HOUR * 50}
    month = gas_month(without, MAY, MAY_31)
    assert (month.value, month.low, month.n_valid) == (744.0, 743.0, 743)
    assert not gas_month({}, MAY, MAY_31).valid
    assert gas_month({}, MAY, MAY_31).value is None


def test_a_point_set_up_within_the_quarter_was_not_due_before() -> None:
    hours = {hour: load for hour, load in quarter({}).items() if hour >= MAY_1 + DAY * 9}
    assert not gas_month(hours, MAY, MAY_31).valid
    month = gas_month(hours, MAY, MAY_31, since=date(2026, 5, 10))
    assert (month.value, month.valid, month.n_expected) == (22 * 24.0, True, 22 * 24)


def test_the_month_of_gas_looks_at_nothing_that_came_after() -> None:
    hours = quarter({0: 10, 740: 4})
    later = {MAY_1 + HOUR * (744 + index): gas(9e9) for index in range(50)}
    assert gas_month(hours | later, MAY, date(2026, 6, 30)) == gas_month(hours, MAY, MAY_31)
    part = gas_month(hours | later, MAY, date(2026, 5, 10))
    assert (part.n_expected, part.n_valid, part.value) == (240, 230, 240.0)


LOADS = st.dictionaries(
    st.integers(-40, 45).map(lambda index: JUNE + timedelta(days=index)),
    st.sampled_from([BAD, STOOD]) | st.floats(0, 1e5).map(mean),
)


@given(LOADS.flatmap(lambda days: st.tuples(st.just(days), st.permutations(list(days.items())))))
def test_a_month_holds_its_measured_part_and_order_does_not_matter(
    pair: tuple[dict[date, Mean], list[tuple[date, Mean]]],
) -> None:
    days = pair[0]
    month = water_month(days, JUNE, END)
    assert water_month(dict(pair[1]), JUNE, END) == month
    if month.value is not None and month.low is not None:
        assert 0 <= month.low <= month.value
        assert month.value == month.high
        assert ("e" in month.marks) is ("替代(估算)" in month.note)
    assert month.n_valid == sum(JUNE <= day <= END and load.valid for day, load in days.items())


@given(st.floats(0, 1e4), st.floats(0, 1e6), st.sampled_from([0.5, 2.0, 8.0]))
def test_loads_scale_with_concentration_and_volume(c: float, volume: float, factor: float) -> None:
    plain = water_day(mean(c), volume).value
    assert plain is not None
    assert water_day(mean(c * factor), volume).value == pytest.approx(plain * factor)
    assert water_day(mean(c), volume * factor).value == pytest.approx(plain * factor)
