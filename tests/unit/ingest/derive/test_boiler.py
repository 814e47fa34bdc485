from __future__ import annotations

from datetime import date

import pytest

from ingest.derive.boiler import efficiency, inputs
from schemas.catalog.enums import Fuel, Medium
from schemas.records import Mean
from schemas.registry.model import Boiler

STEAM = {
    "yx_b_steam_flow": 8.2,
    "yx_b_steam_pressure": 1.25,
    "yx_b_feed_temp": 60.0,
    "yx_b_coal_flow": 1250.0,
}
WATER = {
    "yx_b_water_flow": 100.0,
    "yx_b_water_pressure": 0.8,
    "yx_b_supply_temp": 85.0,
    "yx_b_return_temp": 60.0,
    "yx_b_gas_flow": 340.0,
}


def boiler(fuel: Fuel = Fuel.COAL, medium: Medium = Medium.SATURATED_STEAM, **changed: object) -> Boiler:
    fields: dict[str, object] = {
        "id": "b1",
        "name": "1号锅炉",
        "device": "d1",
        "fuel": fuel,
        "medium": medium,
        "rated": 10.0 if medium is Medium.SATURATED_STEAM else 2.8,
        "manufactured": date(2021, 1, 1),
        "lhv": 20_934.0 if fuel is Fuel.COAL else 35_588.0,
    }
    return Boiler.model_validate(fields | changed)


COAL = boiler()
GAS = boiler(Fuel.GAS, Medium.HOT_WATER)


def hour(value: float | None, *, valid: bool = True, n_valid: int = 60) -> Mean:
    return Mean(value=value, low=value, high=value, n_valid=n_valid, n_expected=60, valid=valid, marks="N")


def means(values: dict[str, float], **changed: float) -> dict[str, Mean]:
    return {factor: hour(value) for factor, value in (values | changed).items()}


def test_coal_steam_boiler_of_the_worked_example() -> None:
    mean = efficiency(COAL, means(STEAM))
    assert mean.value == pytest.approx(78.22, abs=0.01)
    assert (mean.valid, mean.n_valid, mean.n_expected) == (True, 60, 60)
    assert "82%" in mean.note


def test_gas_hot_water_boiler_of_the_worked_example() -> None:
    mean = efficiency(GAS, means(WATER))
    assert mean.value == pytest.approx(86.54, abs=0.01)
    assert mean.valid


def test_dry_steam_gives_more_than_wet() -> None:
    dry = efficiency(boiler(wetness_pct=0.0), means(STEAM)).value
    wet = efficiency(boiler(wetness_pct=5.0), means(STEAM)).value
    assert dry is not None
    assert wet is not None
    assert dry - wet == pytest.approx(8200 * 1965.01 * 0.05 / (1250 * 20_934) * 100, abs=0.01)


@pytest.mark.parametrize(
    ("one", "factors"),
    [
        (COAL, ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp", "yx_b_coal_flow")),
        (boiler(Fuel.GAS), ("yx_b_steam_flow", "yx_b_steam_pressure", "yx_b_feed_temp", "yx_b_gas_flow")),
        (GAS, tuple(WATER)),
    ],
)
def test_what_a_boiler_needs(one: Boiler, factors: tuple[str, ...]) -> None:
    assert inputs(one) == factors


@pytest.mark.parametrize(("steam", "coal", "valid"), [(4.9, 750.0, False), (5.0, 765.0, True), (10.0, 1500.0, True)])
def test_below_half_load_nothing_is_said(steam: float, coal: float, *, valid: bool) -> None:
    mean = efficiency(COAL, means(STEAM, yx_b_steam_flow=steam, yx_b_coal_flow=coal))
    assert mean.valid is valid
    assert (mean.value is not None) is valid
    assert "负荷" in mean.note


def test_the_load_of_a_hot_water_boiler_is_its_heat() -> None:
    mean = efficiency(boiler(Fuel.GAS, Medium.HOT_WATER, rated=5.9), means(WATER))
    assert not mean.valid
    assert "49%" in mean.note


@pytest.mark.parametrize("fuel", [0.0, -1.0])
def test_without_fuel_the_boiler_stands(fuel: float) -> None:
    mean = efficiency(COAL, means(STEAM, yx_b_coal_flow=fuel))
    assert (mean.value, mean.valid) == (None, False)
    assert "停炉" in mean.note


@pytest.mark.parametrize("factor", list(STEAM))
def test_an_invalid_or_missing_input_is_named(factor: str) -> None:
    held = means(STEAM)
    without = {name: mean for name, mean in held.items() if name != factor}
    invalid = held | {factor: hour(held[factor].value, valid=False, n_valid=44)}
    for case, counted in ((without, 0), (invalid, 44)):
        mean = efficiency(COAL, case)
        assert (mean.value, mean.valid, mean.n_valid) == (None, False, counted)
        assert factor in mean.note
    assert not efficiency(COAL, {}).valid


@pytest.mark.parametrize(("coal", "valid"), [(970.0, False), (985.0, True), (3200.0, True), (3300.0, False)])
def test_an_efficiency_beyond_belief_is_the_instruments(coal: float, *, valid: bool) -> None:
    assert efficiency(COAL, means(STEAM, yx_b_coal_flow=coal)).valid is valid


@pytest.mark.parametrize(
    ("gas", "plain", "condensing"), [(300.0, True, True), (280.0, False, True), (260.0, False, False)]
)
def test_a_condensing_boiler_may_pass_100(gas: float, *, plain: bool, condensing: bool) -> None:
    held = means(WATER, yx_b_gas_flow=gas)
    assert efficiency(GAS, held).valid is plain
    assert efficiency(boiler(Fuel.GAS, Medium.HOT_WATER, condensing=True), held).valid is condensing


def test_the_scarcest_input_is_counted() -> None:
    held = means(STEAM) | {"yx_b_feed_temp": hour(60.0, n_valid=47)}
    assert efficiency(COAL, held).n_valid == 47
