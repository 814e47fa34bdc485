from __future__ import annotations

import math
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.boiler import Findings, analysis_on, day_efficiency, efficiency, inputs, month_efficiency, optional
from schemas.catalog.enums import Fuel, Medium
from schemas.records import Mean
from schemas.registry.model import Analysis, Boiler

STEAM = {"yx_b_steam_flow": 8.2, "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0, "yx_b_coal_flow": 1250.0}
WATER = {
    "yx_b_water_flow": 100.0, "yx_b_water_pressure": 0.8, "yx_b_supply_temp": 85.0, "yx_b_return_temp": 60.0,
    "yx_b_gas_flow": 340.0,
}  # fmt: skip
SUPERHEATED = STEAM | {"yx_b_steam_temp": 300.0}
NOTHING = Findings()


def boiler(fuel: Fuel = Fuel.COAL, medium: Medium = Medium.SATURATED_STEAM, **changed: object) -> Boiler:
    fields: dict[str, object] = {
        "id": "b1", "name": "1号锅炉", "device": "d1", "fuel": fuel, "medium": medium, "manufactured": date(2021, 1, 1),
        "rated": 2.8 if medium is Medium.HOT_WATER else 10.0,
        "lhv": 20_934.0 if fuel is Fuel.COAL else 35_588.0,
    }  # fmt: skip
    return Boiler.model_validate(fields | changed)


COAL = boiler()
GAS = boiler(Fuel.GAS, Medium.HOT_WATER)
SUPERHEATER = boiler(Fuel.BIOMASS, Medium.SUPERHEATED_STEAM)


def hour(value: float | None, *, valid: bool = True, n_valid: int = 60) -> Mean:
    return Mean(value=value, low=value, high=value, n_valid=n_valid, n_expected=60, valid=valid, marks="N")


def means(values: dict[str, float], **changed: float) -> dict[str, Mean]:
    return {factor: hour(value) for factor, value in (values | changed).items()}


def direct(one: Boiler, held: dict[str, Mean], findings: Findings = NOTHING, unsteady: str = "") -> Mean:
    return efficiency(one, held, findings=findings, unsteady=unsteady)


def band(mean: Mean) -> tuple[float, float, float]:
    assert mean.low is not None
    assert mean.value is not None
    assert mean.high is not None
    return mean.low, mean.value, mean.high


def test_coal_steam_boiler_of_the_worked_example() -> None:
    mean = direct(COAL, means(STEAM))
    assert mean.value == pytest.approx(78.22, abs=0.005)
    assert (mean.valid, mean.n_valid, mean.n_expected) == (True, 60, 60)
    assert "82%" in mean.note
    assert "未计排污" in mean.note


def test_blow_down_of_the_worked_example_is_useful_heat() -> None:
    # House reference 4.4 A: 3 % of 8200 kg/h is 246 kg/h, η rises from 78.22 to 78.76 %.
    held = means(STEAM, yx_b_blowdown_flow=0.246)
    mean = direct(COAL, held)
    assert mean.value == pytest.approx(78.76, abs=0.005)
    assert "计排污 0.246 t/h" in mean.note
    low, value, high = band(direct(COAL, means(STEAM, yx_b_blowdown_flow=4.0)))
    assert (high - low) / value * 50 == pytest.approx(5.98, abs=0.02)  # without its own share, 1.0 %: 5.89
    broken = direct(COAL, held | {"yx_b_blowdown_flow": hour(0.246, valid=False)})
    assert broken.value == pytest.approx(78.22, abs=0.005)
    assert "未计排污" in broken.note


def test_gas_hot_water_boiler_of_the_worked_example() -> None:
    mean = direct(GAS, means(WATER))
    assert mean.value == pytest.approx(86.54, abs=0.005)
    assert mean.valid


def test_dry_steam_gives_more_than_wet() -> None:
    _, dry, _ = band(direct(boiler(wetness_pct=0.0), means(STEAM)))
    _, wet, _ = band(direct(boiler(wetness_pct=5.0), means(STEAM)))
    assert dry - wet == pytest.approx(8200 * 1965.01 * 0.05 / (1250 * 20_934) * 100, abs=0.01)


@pytest.mark.parametrize(
    ("one", "factors"),
    [
        (COAL, ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp", "yx_b_coal_flow")),
        (boiler(Fuel.GAS), ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp", "yx_b_gas_flow")),
        (GAS, tuple(WATER)),
        (boiler(Fuel.OIL), ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp", "yx_b_oil_flow")),
        (SUPERHEATER, (*list(STEAM)[:3], "yx_b_steam_temp", "yx_b_biomass_flow")),
    ],
)
def test_what_a_boiler_needs(one: Boiler, factors: tuple[str, ...]) -> None:
    assert inputs(one) == factors


@pytest.mark.parametrize(("steam", "coal", "valid"), [(4.9, 750.0, False), (5.0, 765.0, True), (10.0, 1500.0, True)])
def test_below_half_load_nothing_is_said(steam: float, coal: float, *, valid: bool) -> None:
    mean = direct(COAL, means(STEAM, yx_b_steam_flow=steam, yx_b_coal_flow=coal))
    assert mean.valid is valid
    assert (mean.value is not None) is valid
    assert "负荷" in mean.note


def test_the_load_of_a_hot_water_boiler_is_its_heat() -> None:
    mean = direct(boiler(Fuel.GAS, Medium.HOT_WATER, rated=5.9), means(WATER))
    assert not mean.valid
    assert "负荷 49." in mean.note


@pytest.mark.parametrize("fuel", [0.0, -1.0])
def test_without_fuel_the_boiler_stands(fuel: float) -> None:
    mean = direct(COAL, means(STEAM, yx_b_coal_flow=fuel))
    assert (mean.value, mean.valid) == (None, False)
    assert "停炉" in mean.note


@pytest.mark.parametrize("factor", list(STEAM))
def test_an_invalid_or_missing_input_is_named(factor: str) -> None:
    held = means(STEAM)
    without = {name: mean for name, mean in held.items() if name != factor}
    invalid = held | {factor: hour(held[factor].value, valid=False, n_valid=44)}
    for case, counted in ((without, 0), (invalid, 44)):
        mean = direct(COAL, case)
        assert (mean.value, mean.valid, mean.n_valid) == (None, False, counted)
        assert factor in mean.note
    assert not direct(COAL, {}).valid
    assert direct(COAL, held | {factor: hour(held[factor].value, n_valid=47)}).n_valid == 47


@pytest.mark.parametrize(("coal", "valid"), [(970.0, False), (985.0, True), (3200.0, True), (3300.0, False)])
def test_an_efficiency_beyond_belief_is_the_instruments(coal: float, *, valid: bool) -> None:
    assert direct(COAL, means(STEAM, yx_b_coal_flow=coal)).valid is valid


@pytest.mark.parametrize(("gas", "plain", "condensing"), [(300, True, True), (280, False, True), (260, False, False)])
def test_a_condensing_boiler_may_pass_100(gas: float, *, plain: bool, condensing: bool) -> None:
    held = means(WATER, yx_b_gas_flow=gas)
    assert direct(GAS, held).valid is plain
    assert direct(boiler(Fuel.GAS, Medium.HOT_WATER, condensing=True), held).valid is condensing


def test_what_a_boiler_may_have() -> None:
    gas_side = ("a19001", "a01012", "a21005", "yx_b_air_temp")
    assert optional(COAL) == ("yx_b_blowdown_flow", *gas_side)
    assert optional(GAS) == gas_side


def test_superheated_steam_carries_its_own_enthalpy() -> None:
    # IAPWS-IF97 at 1.351325 MPa, 300 °C: 3042.2 kJ/kg; wetness plays no part.
    one = boiler(medium=Medium.SUPERHEATED_STEAM, wetness_pct=10.0)
    mean = direct(one, means(SUPERHEATED, yx_b_coal_flow=1400.0))
    assert mean.value == pytest.approx(8200 * (3042.2 - 252.27) / (1400 * 20_934) * 100, abs=0.01)


@pytest.mark.parametrize(
    ("one", "values", "word"),
    [
        (COAL, STEAM | {"yx_b_feed_temp": 193.5}, "饱和温度"),
        (boiler(medium=Medium.SUPERHEATED_STEAM), SUPERHEATED | {"yx_b_steam_temp": 193.3}, "饱和温度"),
        (GAS, WATER | {"yx_b_supply_temp": 175.5}, "饱和温度"),
        (COAL, STEAM | {"yx_b_steam_pressure": -0.2}, "不可信"),
        (COAL, STEAM | {"yx_b_feed_temp": -1.0}, "不可信"),
        (GAS, WATER | {"yx_b_return_temp": 1000.0}, "不可信"),
        (GAS, WATER | {"yx_b_return_temp": 90.0}, "负荷"),
    ],
)
def test_readings_that_contradict_the_medium_are_refused(one: Boiler, values: dict[str, float], word: str) -> None:
    # Saturation by IAPWS-IF97: 193.40 °C at 1.25 MPa gauge (house reference 4.2), 175.4 °C at 0.8 MPa gauge.
    mean = direct(one, means(values))
    assert (mean.value, mean.valid) == (None, False)
    assert word in mean.note


@pytest.mark.parametrize(("o2", "valid"), [(0.99, False), (1.0, True), (15.0, True), (15.01, False), (21.0, False)])
def test_oxygen_beyond_belief_is_the_instruments(o2: float, *, valid: bool) -> None:
    # House rule 4.5: O2 below 1 % or above 15 % makes the hour invalid.
    mean = direct(COAL, means(STEAM, a19001=o2))
    assert mean.valid is valid
    assert ("含氧量" in mean.note) is not valid
    assert direct(COAL, means(STEAM) | {"a19001": hour(o2, valid=False)}).valid


def test_an_unsteady_hour_says_why() -> None:
    mean = direct(COAL, means(STEAM), unsteady="负荷不稳")
    assert (mean.value, mean.valid, mean.note, mean.n_valid) == (None, False, "负荷不稳", 60)


def test_the_laboratory_goes_before_the_file() -> None:
    analysed = direct(COAL, means(STEAM), Findings(lhv=20_000.0))
    assert analysed.value == pytest.approx(78.22 * 20_934 / 20_000, abs=0.01)
    assert "化验" in analysed.note
    assert "登记" in direct(COAL, means(STEAM)).note


def test_the_band_is_the_root_of_the_sum_of_squares() -> None:
    # Shares of example A by boilers.toml: steam 2.5 %, coal 2 %, heating value of the file 5 % (of the laboratory 1.5 %);
    # feed water 1 K · 4.19 and wetness 1 % · 1965.01 of 2496.19 kJ/kg; the pressure adds less than 0.02 points.
    for findings, lhv_pct in ((NOTHING, 5.0), (Findings(lhv=20_934.0), 1.5)):
        mean = direct(COAL, means(STEAM), findings)
        low, value, high = band(mean)
        half = value / 100 * math.hypot(2.5, 2.0, lhv_pct, 4.19 / 24.9619, 19.6501 / 24.9619)
        assert (value - low, high - value) == pytest.approx((half, half), abs=0.02)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("factor", list(STEAM))
def test_what_is_no_number_is_no_input(bad: float, factor: str) -> None:
    mean = direct(COAL, means(STEAM) | {factor: hour(bad)})
    assert (mean.value, mean.low, mean.valid) == (None, None, False)


READINGS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-10, 2000)


@given(
    st.sampled_from([COAL, GAS, boiler(medium=Medium.SUPERHEATED_STEAM)]),
    st.dictionaries(st.sampled_from(sorted({*SUPERHEATED, *WATER, "a19001", "yx_b_blowdown_flow"})), READINGS),
)
def test_whatever_is_read_a_value_is_finite_and_within_belief(one: Boiler, values: dict[str, float]) -> None:
    mean = direct(one, means(SUPERHEATED | WATER | values))
    if mean.valid:
        low, value, high = band(mean)
        assert 30 <= value <= 100
        assert low <= value <= high < math.inf
    else:
        assert (mean.value, mean.low, mean.high) == (None, None, None)
        assert mean.note


def finding(day: int, boiler_id: str = "b1", **values: Any) -> Analysis:
    return Analysis(boiler=boiler_id, day=date(2026, 6, day), **values)


def test_each_quantity_takes_its_own_newest_finding() -> None:
    held = [
        finding(1, lhv=20_000.0, q4_pct=8.0, q6_pct=0.4),
        finding(8, q4_pct=6.0),
        finding(9, lhv=21_000.0),
        finding(20, lhv=25_000.0, q4_pct=1.0),
        finding(9, "b2", lhv=1.0, q4_pct=2.0, q6_pct=3.0),
    ]
    wanted = Findings(lhv=21_000.0, q4_pct=6.0, q4_day=date(2026, 6, 8), q6_pct=0.4)
    for order in permutations(held):
        assert analysis_on(order, "b1", date(2026, 6, 19)) == wanted
    assert analysis_on(held, "b1", date(2026, 6, 20)).lhv == 25_000.0
    assert analysis_on(held, "b1", date(2026, 5, 31)) == Findings()


def test_two_findings_of_one_day_do_not_hang_on_their_order() -> None:
    first, second = finding(1, lhv=20_000.0), finding(1, lhv=21_000.0)
    day = date(2026, 6, 1)
    assert analysis_on([first, second], "b1", day) == analysis_on([second, first], "b1", day)


def eta(value: float | None, *, valid: bool = True, marks: str = "N") -> Mean:
    return Mean(value=value, low=None, high=None, n_valid=60, n_expected=60, valid=valid, marks=marks)


def test_a_day_is_weighted_with_its_fuel() -> None:
    hours = [(eta(80.0), 1000.0), (eta(70.0, marks="Ne"), 3000.0), (eta(75.0), 500.0), (eta(75.0), 500.0)]
    mean = day_efficiency([*hours, (eta(None, valid=False, marks="D"), 9e9), (eta(99.0), None), (eta(98.0), 0.0)])
    assert mean.value == pytest.approx((80 * 1000 + 70 * 3000 + 75 * 1000) / 5000)
    assert (mean.low, mean.high) == (70.0, 80.0)
    assert (mean.n_valid, mean.n_expected, mean.valid, mean.marks) == (4, 24, True, "Ne")


def test_a_day_needs_four_hours() -> None:
    # House rule 4.5: efficiency is judged on 4-24 h.
    three = day_efficiency([(eta(80.0), 1000.0)] * 3)
    assert (three.value, three.valid, three.n_valid) == (80.0, False, 3)
    assert "少于 4" in three.note
    assert day_efficiency([(eta(80.0), 1000.0)] * 4).valid


def test_a_month_needs_one_day() -> None:
    one = month_efficiency([(eta(80.0), 1000.0), (eta(None, valid=False), 5000.0)], 30)
    assert (one.value, one.valid, one.n_valid, one.n_expected) == (80.0, True, 1, 30)
    none = month_efficiency([(eta(81.0, valid=False), 1000.0)], 28)
    assert (none.value, none.valid, none.n_valid, none.n_expected) == (None, False, 0, 28)
    assert none.note


@given(st.lists(st.tuples(st.floats(30, 100), st.floats(1e-3, 1e5)), min_size=1, max_size=24), st.randoms())
def test_a_day_lies_among_its_hours_whatever_their_order(pairs: list[tuple[float, float]], random: Any) -> None:
    hours = [(eta(value), fuel) for value, fuel in pairs]
    mean = day_efficiency(hours)
    low, value, high = band(mean)
    assert low * (1 - 1e-12) <= value <= high * (1 + 1e-12)
    random.shuffle(hours)
    assert day_efficiency(hours) == mean
