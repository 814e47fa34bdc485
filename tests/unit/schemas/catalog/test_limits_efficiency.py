"""Plan task 13 and GB 24500-2020: what a boiler's efficiency is held to and graded by, by kind, size and age."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalog.enums import CoalClass, Firing, Fuel
from schemas.catalog.limits import LIMITS, boiler_scope, grade, in_force, tonnes_per_hour

DAY = date(2026, 6, 1)


@pytest.mark.parametrize(("megawatts", "tonnes"), [(0.7, 1), (7, 10), (14, 20), (2.8, 4)])
def test_seven_tenths_of_a_megawatt_are_one_tonne_an_hour(megawatts: float, tonnes: float) -> None:
    # GB 24500-2020: 14 MW are "up to 20 t/h", exactly.
    assert tonnes_per_hour(megawatts, is_hot_water=True) == tonnes
    assert tonnes_per_hour(tonnes, is_hot_water=False) == tonnes


def scope(fuel: Fuel, firing: Firing | None = None, *, condensing: bool = False, coal: str = "bituminous_2") -> str:
    return boiler_scope(fuel, firing, condensing=condensing, coal_class=CoalClass(coal))


@pytest.mark.parametrize(
    ("fuel", "firing", "condensing", "expected"),
    [
        (Fuel.COAL, None, False, "boiler-coal"),
        (Fuel.COAL, Firing.GRATE, False, "boiler-coal"),
        (Fuel.COAL, Firing.FLUIDISED_BED, False, "boiler-fluidised-bituminous_2"),
        (Fuel.COAL, Firing.PULVERISED, False, "boiler-pulverised"),
        (Fuel.GAS, None, False, "boiler-gas"),
        (Fuel.GAS, Firing.CHAMBER, True, "boiler-gas-condensing"),
        (Fuel.OIL, Firing.CHAMBER, False, "boiler-oil"),
        (Fuel.BIOMASS, Firing.GRATE, False, "boiler-biomass"),
    ],
)
def test_the_scope_of_a_boiler(fuel: Fuel, firing: Firing | None, expected: str, *, condensing: bool) -> None:
    assert scope(fuel, firing, condensing=condensing) == expected


@pytest.mark.parametrize(
    ("name", "rated", "built_2020", "built_2022"),
    [
        ("boiler-coal", 10, 80, 80),
        ("boiler-gas", 6, 92, 92),
        ("boiler-gas-condensing", 6, 92, 98),
        ("boiler-oil", 6, None, 90),
        ("boiler-pulverised", 40, 80, 88),
        ("boiler-fluidised-bituminous_1", 20, 80, 82),
        ("boiler-fluidised-bituminous_2", 20, 80, 86),
        ("boiler-fluidised-bituminous_3", 20, 80, 88),
        ("boiler-fluidised-lean", 20, 80, 86),
        ("boiler-fluidised-anthracite_2", 20, 80, 86),
        ("boiler-fluidised-anthracite_3", 20, 80, 86),
        ("boiler-fluidised-lignite", 20, 80, 86),
        ("boiler-biomass", 10, None, 80),
        ("boiler-biomass", 10.1, None, 86),
    ],
)
def test_what_hour_efficiency_is_held_against(
    name: str, rated: float, built_2020: float | None, built_2022: float
) -> None:
    # Plan task 13 from 2020; GB 24500-2020 grade 3 as alarm line for what was made from 2021-06-01 and is asked more.
    def low(built: date, day: date = DAY) -> float | None:
        found = in_force(name, "yx_b_efficiency", "hour", day=day, built=built, rated=rated)
        return None if found is None else found.low

    assert low(date(2019, 12, 31)) is None
    assert low(date(2020, 1, 1)) == low(date(2021, 5, 31)) == built_2020
    assert low(date(2021, 6, 1)) == low(date(2022, 1, 1)) == built_2022
    assert low(date(2020, 1, 1), date(2018, 5, 30)) is None


@given(
    fuel=st.sampled_from(Fuel),
    firing=st.none() | st.sampled_from(Firing),
    condensing=st.booleans(),
    coal=st.sampled_from(CoalClass),
    rated=st.floats(0.1, 65),
)
def test_every_boiler_made_today_has_an_efficiency_limit(
    fuel: Fuel, firing: Firing | None, coal: CoalClass, rated: float, *, condensing: bool
) -> None:
    name = boiler_scope(fuel, firing, condensing=condensing, coal_class=coal)
    assert in_force(name, "yx_b_efficiency", "hour", day=DAY, built=DAY, rated=rated) is not None


GRADES = [
    *(
        (Fuel.COAL, Firing.GRATE, coal, 20, (85, 82, 80))
        for coal in ("bituminous_2", "lean", "anthracite_2", "lignite")
    ),
    (Fuel.COAL, Firing.GRATE, "anthracite_3", 20, (85, 82, 80)),
    (Fuel.COAL, Firing.GRATE, "bituminous_3", 20, (87, 84, 82)),
    (Fuel.COAL, Firing.GRATE, "bituminous_2", 20.1, (86, 83, 81)),
    (Fuel.COAL, Firing.GRATE, "lean", 35, (86, 83, 81)),
    (Fuel.COAL, Firing.GRATE, "lignite", 20.1, (87, 84, 82)),
    (Fuel.COAL, Firing.GRATE, "bituminous_3", 20.1, (89, 86, 84)),
    (Fuel.COAL, Firing.FLUIDISED_BED, "bituminous_1", 40, (89, 85, 82)),
    (Fuel.COAL, Firing.FLUIDISED_BED, "bituminous_2", 40, (90, 89, 86)),
    (Fuel.COAL, Firing.FLUIDISED_BED, "bituminous_3", 40, (91, 90, 88)),
    (Fuel.COAL, Firing.FLUIDISED_BED, "lean", 40, (90, 88, 86)),
    (Fuel.COAL, Firing.FLUIDISED_BED, "anthracite_3", 40, (90, 88, 86)),
    (Fuel.COAL, Firing.FLUIDISED_BED, "anthracite_2", 40, (89, 88, 86)),
    (Fuel.COAL, Firing.FLUIDISED_BED, "lignite", 40, (91, 89, 86)),
    (Fuel.BIOMASS, None, "bituminous_2", 10, (88, 84, 80)),
    (Fuel.BIOMASS, None, "bituminous_2", 10.1, (91, 88, 86)),
    (Fuel.GAS, None, "bituminous_2", 4, (96, 94, 92)),
    (Fuel.OIL, None, "bituminous_2", 4, (95, 93, 90)),
    (Fuel.COAL, Firing.PULVERISED, "bituminous_2", 40, (92, 90, 88)),
]


@pytest.mark.parametrize(("fuel", "firing", "coal", "rated", "grades"), GRADES)
def test_grades_of_gb_24500(
    fuel: Fuel, firing: Firing | None, coal: str, rated: float, grades: tuple[float, float, float]
) -> None:
    def reached(efficiency: float) -> int | None:
        return grade(
            fuel, firing, condensing=False, coal_class=CoalClass(coal), efficiency_pct=efficiency, rated_tph=rated
        )

    assert [reached(value) for value in grades] == [1, 2, 3]
    assert [reached(value - 0.06) for value in grades] == [2, 3, 0]
    assert reached(grades[2] - 0.05) == 3  # rounded half to even to one decimal: 79.95 → 80.0


def test_condensing_gas_needs_98_and_not_92() -> None:
    def reached(efficiency: float) -> int | None:
        coal = CoalClass.BITUMINOUS_2
        return grade(Fuel.GAS, None, condensing=True, coal_class=coal, efficiency_pct=efficiency, rated_tph=4)

    assert [reached(value) for value in (92, 97.9, 98, 101, 103)] == [0, 0, 3, 2, 1]


def test_the_standard_has_no_grate_row_for_bituminous_1() -> None:
    coal = CoalClass.BITUMINOUS_1
    assert grade(Fuel.COAL, None, condensing=False, coal_class=coal, efficiency_pct=90, rated_tph=4) is None


def test_what_gb_24500_says_was_read_second_hand() -> None:
    held = [limit for limit in LIMITS if limit.standard == "GB 24500-2020"]
    assert held
    assert all(not limit.verified and limit.valid_from == "2021-06-01" for limit in held)
    assert all(("报警线" in limit.source) == limit.id.endswith(".op") for limit in held)
