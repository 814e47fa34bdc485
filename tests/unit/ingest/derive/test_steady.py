from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.means import Value
from ingest.derive.steady import startup_hours, unsteady
from schemas.catalog.enums import Fuel, Medium
from schemas.registry.model import Boiler

START = 1_780_000_000_000_000
MINUTE = 60_000_000
STEAM, PRESSURE, COAL_FLOW = "yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_coal_flow"


def boiler(fuel: Fuel = Fuel.COAL, medium: Medium = Medium.SATURATED_STEAM) -> Boiler:
    return Boiler(
        id="b1",
        name="1号锅炉",
        device="d1",
        fuel=fuel,
        medium=medium,
        rated=2.8 if medium is Medium.HOT_WATER else 10.0,
        manufactured=date(2021, 1, 1),
        lhv=20_934.0,
    )


COAL = boiler()
WATER = boiler(Fuel.GAS, Medium.HOT_WATER)


def blocks(*levels: float | None) -> list[Value]:
    """Ten readings a block of 10 minutes, at *levels*; None is a block without readings."""
    return [
        Value(START + (10 * block + minute) * MINUTE, level, "N")
        for block, level in enumerate(levels)
        if level is not None
        for minute in range(10)
    ]


def judged(values: dict[str, list[Value]], one: Boiler = COAL, earlier: float | None = 900.0) -> str:
    return unsteady(one, values, START, earlier_fuel_low=earlier)


CALM = {STEAM: blocks(*[8.2] * 6), PRESSURE: blocks(*[1.25] * 6), COAL_FLOW: blocks(*[1250.0] * 6)}


def test_a_calm_hour_is_steady() -> None:
    assert judged(CALM) == ""


@pytest.mark.parametrize(
    ("flows", "steady"),
    [
        ((5.2, 5.7, 5.2, 5.7, 5.2, 5.7), True),
        ((8.0, 8.51, 8.0, 8.0, 8.0, 8.0), False),
        ((8.0, 8.0, 8.0, 8.0, 8.0, 7.49), False),
        ((6.0, 6.5, 7.0, 7.5, 8.0, 8.5), True),
        ((8.0, None, 8.99, 8.99, 8.99, 8.99), True),
        ((8.0, None, 9.01, 9.01, 9.01, 9.01), False),
        ((None, None, None, 8.0, None, None), True),
        ((None, None, None, 8.0, 9.0, None), False),
    ],
)
def test_the_load_may_change_by_5_percent_of_rated_in_10_minutes(
    flows: tuple[float | None, ...], *, steady: bool
) -> None:
    # House rule 4.5: |dload/dt| > 5 %/10 min makes the hour invalid; 5 % of 10 t/h are 0.5 t/h.
    reason = judged(CALM | {STEAM: blocks(*flows)})
    assert (reason == "") is steady
    assert ("负荷不稳" in reason) is not steady


@pytest.mark.parametrize(("step", "steady"), [(0.067, True), (-0.067, True), (0.069, False), (-0.069, False)])
def test_the_absolute_pressure_may_change_by_5_percent(step: float, *, steady: bool) -> None:
    # House rule 4.5: |dP/dt| > 5 %/10 min; 5 % of about 1.351 MPa absolute are 0.0676 MPa (of the gauge value 0.0625).
    reason = judged(CALM | {PRESSURE: blocks(1.25, 1.25 + step, 1.25, 1.25, 1.25, 1.25)})
    assert (reason == "") is steady
    assert ("压力不稳" in reason) is not steady


def test_the_load_of_a_hot_water_boiler_is_flow_times_rise() -> None:
    held = {
        "yx_b_water_flow": blocks(*[90.0] * 6),
        "yx_b_supply_temp": blocks(*[85.0] * 6),
        "yx_b_return_temp": blocks(*[60.0] * 6),
        "yx_b_water_pressure": blocks(*[0.8] * 6),
        "yx_b_gas_flow": blocks(*[340.0] * 6),
    }
    assert judged(held, WATER) == ""
    # 5 % of 2.8 MW are 0.14 MW: 1.34 K of 90 t/h.
    assert judged(held | {"yx_b_return_temp": blocks(60, 61.3, 61.3, 61.3, 61.3, 61.3)}, WATER) == ""
    assert "负荷不稳" in judged(held | {"yx_b_return_temp": blocks(60, 61.4, 61.4, 61.4, 61.4, 61.4)}, WATER)
    # More water that is warmed less is the same load.
    calm = held | {"yx_b_water_flow": blocks(90, 100, 100, 100, 100, 100), "yx_b_return_temp": blocks(60, *[62.5] * 5)}
    assert judged(calm, WATER) == ""
    assert "压力不稳" in judged(held | {"yx_b_water_pressure": blocks(0.8, 0.7, 0.7, 0.7, 0.7, 0.7)}, WATER)
    slow = held | {"yx_b_return_temp": blocks(60, None, None, None, None, None), "yx_b_water_flow": blocks(90, 50, 10)}
    assert judged(slow, WATER) == ""


@pytest.mark.parametrize("fuel", [0.0, -1.0])
def test_one_reading_without_fuel_is_a_stop(fuel: float) -> None:
    held = [*blocks(*[1250.0] * 6), Value(START + 31 * MINUTE + 1, fuel, "N")]
    assert "启停" in judged(CALM | {COAL_FLOW: held})


@pytest.mark.parametrize(("at", "stops"), [(-1, False), (0, True), (3_599_999_999, True), (3_600_000_000, False)])
def test_only_the_hour_itself_counts(at: int, *, stops: bool) -> None:
    held = [*blocks(*[1250.0] * 6), Value(START + at, 0.0, "N")]
    assert bool(judged(CALM | {COAL_FLOW: held})) is stops
    assert judged(CALM | {STEAM: [*blocks(*[8.2] * 6), Value(START - 1, 0.0, "N")]}) == ""


@pytest.mark.parametrize(("one", "hours"), [(COAL, 4), (boiler(Fuel.BIOMASS), 4), (boiler(Fuel.OIL), 1), (WATER, 1)])
def test_after_a_start_hours_do_not_count(one: Boiler, hours: int) -> None:
    # TSG G0003-2010: 4 h or more after cold ignition (part II 3.3); gas and oil 30 min by house rule 4.5.
    assert startup_hours(one) == hours
    for low in (0.0, -2.0):
        assert judged({}, one, low) == f"启动后未满 {hours} 小时"
    assert judged({}, one, 0.1) == ""
    assert judged({}, one, None) == ""


def test_too_few_readings_do_not_block() -> None:
    assert judged({}) == ""
    assert judged({STEAM: blocks(8.0), PRESSURE: blocks(None, 1.25)}) == ""


def test_a_pressure_that_cannot_be_does_not_divide_by_zero() -> None:
    assert judged(CALM | {PRESSURE: blocks(*[-0.101325] * 6)}) == ""


READINGS = st.lists(st.tuples(st.integers(-100, 3_700_000_000), st.floats(0, 12)), max_size=40)


@given(READINGS, READINGS, st.randoms())
def test_the_order_of_readings_does_not_matter(flows: Any, pressures: Any, random: Any) -> None:
    held = {STEAM: [Value(START + at, level, "N") for at, level in flows]}
    held[PRESSURE] = [Value(START + at, level, "N") for at, level in pressures]
    before = judged(held)
    for series in held.values():
        random.shuffle(series)
    assert judged(held) == before


@given(st.floats(0, 12), st.floats(0, 2), st.lists(st.integers(0, 3_599_999_999), max_size=40))
def test_what_does_not_change_is_steady(flow: float, pressure: float, instants: list[int]) -> None:
    held = {STEAM: [Value(START + at, flow, "N") for at in instants]}
    held[PRESSURE] = [Value(START + at, pressure, "N") for at in instants]
    assert judged(held) == ""
