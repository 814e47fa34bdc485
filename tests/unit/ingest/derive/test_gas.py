from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.gas import (
    Conditions,
    converted,
    converted_hour,
    flow_hour,
    oxygen_dry,
    oxygen_dry_hour,
    standard_dry_hour,
)
from schemas.catalog.enums import GasState
from schemas.records import Mean

DRY, WET, ACTUAL = GasState.DRY_STANDARD, GasState.WET_STANDARD, GasState.ACTUAL


def hour(value: float | None, *, valid: bool = True, n_valid: int = 60, n_expected: int = 60, note: str = "") -> Mean:
    low, high = (None, None) if value is None else (value - 1, value + 1)
    return Mean(
        value=value, low=low, high=high, n_valid=n_valid, n_expected=n_expected, valid=valid, marks="N", note=note,
        n_received=60, n_late=2, n_checked=1,
    )  # fmt: skip


def around(*values: float | None) -> Conditions:
    """Return moisture, temperature, static and ambient pressure as hours."""
    return Conditions(*(None if value is None else hour(value) for value in values))


def standard_dry(value: float, state: GasState, *conditions: float | None) -> float | None:
    return standard_dry_hour(hour(value), state, around(*conditions)).value


def flow_m3h(value: float, state: GasState, *conditions: float | None) -> float | None:
    return flow_hour(hour(value), state, around(*conditions)).value


def velocity_m3h(value: float, area_m2: float, *conditions: float | None) -> float | None:
    return flow_hour(hour(value), ACTUAL, around(*conditions), area_m2=area_m2).value


@pytest.mark.parametrize(("c", "o2", "ref", "expected"), [(210, 11.5, 9, 265.3), (110, 5.2, 3.5, 121.8)])
def test_the_worked_examples_of_conversion(c: float, o2: float, ref: float, expected: float) -> None:
    """GB 13271-2014 5.2: C = C' x (21 - O2ref)/(21 - O2')."""
    assert converted(c, o2, ref) == pytest.approx(expected, abs=0.05)
    whole = converted_hour(hour(c), hour(o2), ref)
    assert whole.value == converted(c, o2, ref)
    assert (whole.valid, whole.n_valid, whole.n_late, whole.n_checked, whole.marks) == (True, 60, 2, 1, "N")
    assert whole.low == pytest.approx(converted(c - 1, o2, ref))
    assert whole.high == pytest.approx(converted(c + 1, o2, ref))


@pytest.mark.parametrize("o2", [21.0, 25.0])
def test_air_cannot_be_converted(o2: float) -> None:
    with pytest.raises(ValueError, match="O2"):
        converted(100.0, o2, 9.0)


@pytest.mark.parametrize(("o2", "stood"), [(18.99, False), (19.0, True), (20.9, True), (21.0, True), (22.0, True)])
@pytest.mark.parametrize("valid", [True, False])
def test_from_19_percent_on_the_boiler_stands(o2: float, *, stood: bool, valid: bool) -> None:
    """Guard of GB 13271-2014 5.2: near 21 % the factor explodes; the hour is a stop and has no value, never a clamped one."""
    mean = converted_hour(hour(30.0, valid=valid), hour(o2), 9.0)
    assert (mean.value is None) is stood
    assert mean.valid is (valid and not stood)
    assert mean.n_stopped == (60 if stood else 0)
    assert ("停炉(氧含量≥19%)" in mean.note) is stood


@pytest.mark.parametrize("o2", [None, hour(None, valid=False), hour(20.0, valid=False), hour(9.0, valid=False)])
def test_without_valid_oxygen_there_is_no_converted_value(o2: Mean | None) -> None:
    """GB 13271-2014 5.2 converts with the measured O2: without it nothing is said, not even that the boiler stood."""
    mean = converted_hour(hour(30.0), o2, 9.0)
    assert (mean.value, mean.low, mean.high, mean.valid, mean.n_stopped) == (None, None, None, False, 0)
    assert mean.note == "氧含量无效，不能折算"


def test_an_invalid_pollutant_stays_invalid_and_says_why() -> None:
    mean = converted_hour(hour(210.0, valid=False, n_valid=44, note="某因"), hour(11.5), 9.0)
    assert mean.value == pytest.approx(265.3, abs=0.05)
    assert (mean.valid, mean.n_valid, mean.note) == (False, 44, "某因")
    assert not converted_hour(hour(None, valid=False, n_valid=0), hour(11.5), 9.0).valid


@pytest.mark.parametrize(("n_valid", "n_expected", "counted"), [(50, 60, 50), (6, 6, 60), (5, 6, 50), (45, 60, 45)])
def test_the_scarcer_of_both_is_counted(n_valid: int, n_expected: int, counted: int) -> None:
    mean = converted_hour(hour(30.0), hour(9.0, n_valid=n_valid, n_expected=n_expected), 9.0)
    assert (mean.n_valid, mean.n_expected, mean.valid) == (counted, 60, True)


def test_a_small_negative_within_the_zero_drift_stays() -> None:
    """House reference 3.5: small negative values within the zero drift are still valid."""
    mean = converted_hour(hour(-0.5), hour(9.0), 9.0)
    assert (mean.value, mean.valid) == (-0.5, True)


def test_working_state_becomes_dry_standard() -> None:
    """HJ 212-2017 D.2: Cs x 101325/(Ba+Ps) x (273+ts)/273 / (1 - Xsw)."""
    expected = 100 * 101.325 / (99.0 - 0.5) * (273 + 120) / 273 / (1 - 0.08)
    assert standard_dry(100.0, ACTUAL, 8.0, 120.0, -0.5, 99.0) == pytest.approx(expected)
    assert standard_dry(100.0, WET, 8.0, None, None, None) == pytest.approx(100 / 0.92)
    assert standard_dry(100.0, DRY, None, None, None, None) == 100.0
    assert standard_dry(-0.2, DRY, None, None, None, None) == -0.2


@pytest.mark.parametrize(
    ("moisture", "temp", "pressure", "ambient"),
    [
        (None, 120.0, -0.5, 99.0),
        (100.0, 120.0, -0.5, 99.0),
        (130.0, 120.0, -0.5, 99.0),
        (-1.0, 120.0, -0.5, 99.0),
        (8.0, None, -0.5, 99.0),
        (8.0, -273.0, -0.5, 99.0),
        (8.0, 120.0, None, 99.0),
        (8.0, 120.0, -0.5, None),
        (8.0, 120.0, -99.0, 99.0),
    ],
)
def test_what_is_not_known_is_not_guessed(
    moisture: float | None, temp: float | None, pressure: float | None, ambient: float | None
) -> None:
    """HJ 212-2017 D.2 needs moisture, temperature and both pressures: without one there is no dry standard value."""
    assert standard_dry(100.0, ACTUAL, moisture, temp, pressure, ambient) is None
    assert flow_m3h(10.0, ACTUAL, moisture, temp, pressure, ambient) is None
    parts = (moisture, temp, pressure, ambient)
    gas = Conditions(*(None if part is None else hour(part) for part in parts))
    for mean in (standard_dry_hour(hour(100.0), ACTUAL, gas), flow_hour(hour(10.0), ACTUAL, gas)):
        assert (mean.value, mean.valid) == (None, False)
        assert "不能换算为标态干基" in mean.note


def test_an_invalid_condition_is_an_unknown_one() -> None:
    gas = Conditions(hour(8.0, valid=False), hour(120.0), hour(-0.5), hour(99.0))
    assert not standard_dry_hour(hour(100.0), WET, gas).valid
    assert standard_dry_hour(hour(100.0), DRY, gas) == hour(100.0)
    good = standard_dry_hour(hour(92.0), WET, Conditions(moisture=hour(8.0)))
    assert good.value == pytest.approx(100.0)
    assert good.low == pytest.approx(91 / 0.92)
    assert not standard_dry_hour(hour(92.0, valid=False), WET, Conditions(moisture=hour(8.0))).valid


def test_oxygen_is_diluted_by_moisture_alone() -> None:
    """HJ 212-2017 D.2: wet to dry, the same for O2; pressure and temperature do not change a share."""
    assert oxygen_dry(9.2, DRY, None) == 9.2
    for state in (WET, ACTUAL):
        assert oxygen_dry(9.2, state, 8.0) == pytest.approx(10.0)
        assert oxygen_dry(9.2, state, None) is None
        assert oxygen_dry_hour(hour(9.2), state, hour(8.0)).value == pytest.approx(10.0)
        assert not oxygen_dry_hour(hour(9.2), state, None).valid


def test_flow_of_the_dry_standard_gas() -> None:
    """HJ 212-2017 D.2: Qsn = 3600 x F x Vs x 273/(273+ts) x (Ba+Ps)/101325 x (1 - Xsw)."""
    expected = 3600 * 2.5 * 8 * 273 / 393 * 98.5 / 101.325 * 0.92
    assert velocity_m3h(8.0, 2.5, 8.0, 120.0, -0.5, 99.0) == pytest.approx(expected)
    assert flow_m3h(20.0, ACTUAL, 8.0, 120.0, -0.5, 99.0) == pytest.approx(expected)
    assert flow_m3h(20.0, WET, 8.0, None, None, None) == pytest.approx(20 * 3600 * 0.92)
    assert flow_m3h(20.0, DRY, None, None, None, None) == 72_000.0
    gas = Conditions(hour(8.0), hour(120.0), hour(-0.5), hour(99.0))
    assert flow_hour(hour(8.0), DRY, gas, area_m2=2.5).value == pytest.approx(expected)
    assert flow_hour(hour(20.0), ACTUAL, gas).value == pytest.approx(expected)


CONDITIONS = (st.floats(0, 60), st.floats(-20, 800), st.floats(-20, 20), st.floats(50, 110))


@given(st.floats(0, 1e4), st.floats(0, 1e3), *CONDITIONS)
def test_the_mass_is_the_same_in_every_state(
    c: float, q: float, moisture: float, temp: float, pressure: float, ambient: float
) -> None:
    dry, flow = (
        standard_dry(c, ACTUAL, moisture, temp, pressure, ambient),
        flow_m3h(q, ACTUAL, moisture, temp, pressure, ambient),
    )
    assert dry is not None
    assert flow is not None
    assert dry * flow == pytest.approx(c * q * 3600)


@given(st.floats(-5, 1e4), st.floats(0, 18.9), st.sampled_from([3.5, 9.0]), st.floats(0.1, 10))
def test_conversion_scales_and_keeps_the_sign(c: float, o2: float, ref: float, factor: float) -> None:
    assert converted(c * factor, o2, ref) == pytest.approx(converted(c, o2, ref) * factor)
    assert converted(c, ref, ref) == pytest.approx(c)
    if abs(c) > 1e-300:
        assert (converted(c, o2, ref) > 0) is (c > 0)
