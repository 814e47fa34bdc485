"""The numbers of the standards as shipped, and which of them binds whom on which day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalog.limits import IN_SERVICE, LIMITS, in_force

if TYPE_CHECKING:
    from schemas.records import Limit

NEW = date(2010, 5, 1)
OLD = date(2004, 5, 1)
DAY = date(2026, 2, 1)
LATER = date(2026, 6, 1)
SEWAGE = ("w01018", "w01017", "w01012", "w21001", "w21003", "w21011")


def value(
    scope: str, factor: str, *, basis: str = "day", day: date = DAY, built: date = NEW, temp: float | None = 20.0
) -> float | None:
    found = in_force(scope, factor, basis, day=day, built=built, water_temp_c=temp)
    return None if found is None else found.high


@pytest.mark.parametrize(
    ("factor", "one_a", "one_b", "two"),
    [
        ("w01018", 50, 60, 100),
        ("w01017", 10, 20, 30),
        ("w01012", 10, 20, 30),
        ("w21001", 15, 20, None),
        ("w21003", 5, 8, 25),
        ("w21011", 0.5, 1, 3),
    ],
)
def test_table_1_of_gb_18918(factor: str, one_a: float, one_b: float, two: float | None) -> None:
    for day in (DAY, LATER):
        assert value("GB18918-1A", factor, day=day) == one_a
        assert value("GB18918-1B", factor, day=day) == one_b
        assert value("GB18918-2", factor, day=day) == two


@pytest.mark.parametrize(
    ("factor", "built", "day", "temp", "one_a", "one_b"),
    [
        ("w01018", NEW, LATER, 20.0, 75, 90),
        ("w21001", NEW, LATER, 20.0, 20, 25),
        ("w21003", NEW, LATER, 12.1, 10, 15),
        ("w21003", NEW, LATER, None, 10, 15),
        ("w21003", NEW, LATER, 12.0, 15, 20),
        ("w21011", date(2006, 1, 1), LATER, 20.0, 1, 1.5),
        ("w21011", date(2005, 12, 31), date(2027, 12, 31), 20.0, 1.5, 2.5),
        ("w21011", date(2005, 12, 31), date(2028, 1, 1), 20.0, 1, 1.5),
        ("w01012", NEW, LATER, 20.0, None, None),
        ("w01017", NEW, LATER, 20.0, None, None),
        ("w01018", NEW, date(2026, 2, 28), 20.0, None, None),
    ],
)
def test_instantaneous_values_of_the_amendment(
    factor: str, built: date, day: date, temp: float | None, one_a: float | None, one_b: float | None
) -> None:
    for scope, expected in (("GB18918-1A", one_a), ("GB18918-1B", one_b)):
        assert value(scope, factor, basis="instant", day=day, built=built, temp=temp) == expected


def test_every_instantaneous_value_is_a_suspicion_of_a_source_not_seen() -> None:
    for limit in LIMITS:
        assert limit.suspected == (limit.basis == "instant")
        assert not (limit.basis == "instant" and limit.verified)


@given(st.sampled_from([limit for limit in LIMITS if limit.basis == "instant" and limit.low is None]))
def test_an_instantaneous_value_is_1_2_to_2_times_the_daily(limit: Limit) -> None:
    # The drafter's own words on the amendment of 2025.
    built = date.fromisoformat(limit.built_to or "2010-01-01")
    temp = 5.0 if limit.water_temp_up_to_c else 20.0
    on = date.fromisoformat(limit.valid_from)
    daily = value(limit.scope, limit.factor, day=on, built=built, temp=temp)
    assert daily is not None
    assert limit.high is not None
    assert 1.2 <= limit.high / daily <= 2


@pytest.mark.parametrize("scope", ["GB18918-1A", "GB18918-1B", "GB18918-2"])
def test_ph_is_of_the_day_until_the_amendment_and_instantaneous_since(scope: str) -> None:
    for basis, day, binds in (
        ("day", date(2026, 2, 28), True),
        ("day", date(2026, 3, 1), False),
        ("instant", date(2026, 2, 28), False),
        ("instant", date(2026, 3, 1), True),
    ):
        found = in_force(scope, "w01001", basis, day=day, built=NEW)
        assert ((found.low, found.high) if found else None) == ((6, 9) if binds else None)


@pytest.mark.parametrize(
    ("scope", "warm", "cold"), [("GB18918-1A", 5, 8), ("GB18918-1B", 8, 15), ("GB18918-2", 25, 30)]
)
@pytest.mark.parametrize(
    ("temp", "is_cold"), [(20.0, False), (12.1, False), (12.0, True), (3.0, True), (-1.0, True), (None, False)]
)
def test_ammonia_follows_the_water_and_is_strict_without_it(
    scope: str, warm: float, cold: float, temp: float | None, *, is_cold: bool
) -> None:
    assert value(scope, "w21003", temp=temp) == (cold if is_cold else warm)


@pytest.mark.parametrize(
    ("scope", "built", "day", "expected"),
    [
        ("GB18918-1A", date(2005, 12, 31), date(2027, 12, 31), 1),
        ("GB18918-1A", date(2005, 12, 31), date(2028, 1, 1), 0.5),
        ("GB18918-1A", date(2006, 1, 1), date(2027, 12, 31), 0.5),
        ("GB18918-1A", date(2006, 1, 1), date(2028, 1, 1), 0.5),
        ("GB18918-1B", date(2005, 12, 31), date(2027, 12, 31), 1.5),
        ("GB18918-1B", date(2005, 12, 31), date(2028, 1, 1), 1),
        ("GB18918-1B", date(2006, 1, 1), date(2027, 12, 31), 1),
        ("GB18918-1B", date(2006, 1, 1), date(2028, 1, 1), 1),
    ],
)
def test_phosphorus_of_old_plants_until_2027(scope: str, built: date, day: date, expected: float) -> None:
    assert value(scope, "w21011", built=built, day=day) == expected


@given(
    day=st.dates(date(2003, 7, 1), date(2040, 1, 1)),
    built=st.dates(date(1999, 1, 1), date(2025, 1, 1)),
    temp=st.none() | st.floats(-5, 40),
)
def test_exactly_one_limit_binds_an_outlet(day: date, built: date, temp: float | None) -> None:
    for scope in ("GB18918-1A", "GB18918-1B"):
        for factor in SEWAGE:
            found = in_force(scope, factor, "day", day=day, built=built, water_temp_c=temp)
            assert found is not None
            assert (found.scope, found.factor, found.basis) == (scope, factor, "day")


@pytest.mark.parametrize(("scope", "low"), [("boiler-coal", 80), ("boiler-gas", 92)])
def test_boilers_are_bound_from_manufacture_in_2020(scope: str, low: float) -> None:
    def found(built: date) -> Limit | None:
        return in_force(scope, "yx_b_efficiency", "hour", day=DAY, built=built)

    assert found(date(2019, 12, 31)) is None
    first = found(date(2020, 1, 1))
    assert first is not None
    assert (first.low, first.high, first.task) == (low, None, 13)


@pytest.mark.parametrize(
    ("factor", "cap", "unit"),
    [
        ("yx_e_tce", 200_000, "tce"),
        ("yx_l_w01018", 8783, "t"),
        ("yx_l_w21003", 1016, "t"),
        ("yx_l_a21026", 3220, "t"),
        ("yx_l_a21002", 478, "t"),
    ],
)
def test_the_county_caps_of_the_plan(factor: str, cap: float, unit: str) -> None:
    found = in_force("county", factor, "year", day=LATER, built=LATER)
    assert found is not None
    assert (found.high, found.unit, found.task, found.verified) == (cap, unit, 2, True)
    assert in_force("county", factor, "year", day=date(2019, 12, 31), built=LATER) is None


def test_in_service_coal_boilers_owe_five_points() -> None:
    found = in_force(IN_SERVICE, "yx_b_efficiency", "month", day=DAY, built=date(2019, 12, 31))
    assert found is not None
    assert (found.id, found.low, found.unit) == ("plan2018.13.plus5", 5, "百分点")
    assert in_force(IN_SERVICE, "yx_b_efficiency", "month", day=DAY, built=date(2020, 1, 1)) is None


@pytest.mark.parametrize(
    ("scope", "factor", "basis", "day"),
    [
        ("GB18918-1A", "w01018", "day", date(2003, 6, 30)),
        ("GB18918-1A", "w01018", "hour", DAY),
        ("GB18918-1A", "w01010", "day", DAY),
        ("GB18918-3", "w01018", "day", DAY),
        ("", "w01018", "day", DAY),
    ],
)
def test_where_nothing_binds_nothing_is_found(scope: str, factor: str, basis: str, day: date) -> None:
    assert in_force(scope, factor, basis, day=day, built=NEW) is None
