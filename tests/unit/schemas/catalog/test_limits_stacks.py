"""GB 13271-2014: what a stack is held to, by fuel, size and age of its boilers; and permits, which go before it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalog.enums import Fuel
from schemas.catalog.limits import (
    LIMITS,
    StackBoiler,
    permit_limit,
    reference_o2,
    stack_limit,
    stack_scope,
    strictest,
)

if TYPE_CHECKING:
    from schemas.records import Limit

DAY = date(2026, 6, 1)
IN_USE, NEW = date(2014, 6, 30), date(2014, 7, 1)
POLLUTANTS = ("a34013", "a21026", "a21002", "a20057")
BOILERS = st.builds(
    StackBoiler,
    st.sampled_from(Fuel),
    st.dates(date(2000, 1, 1), DAY),
    st.sampled_from([1.0, 10.0, 65.0]),
    st.booleans(),
)


def high(limit: Limit | None) -> float | None:
    return None if limit is None else limit.high


def emission(boiler: StackBoiler, day: date = DAY) -> tuple[float | None, ...]:
    return tuple(high(stack_limit([boiler], f"yx_zs_{code}", day)) for code in POLLUTANTS)


@pytest.mark.parametrize(
    ("fuel", "approved", "special", "expected"),
    [
        (Fuel.COAL, IN_USE, False, (80, 400, 400, 0.05)),
        (Fuel.OIL, IN_USE, False, (60, 300, 400, None)),
        (Fuel.GAS, IN_USE, False, (30, 100, 400, None)),
        (Fuel.COAL, NEW, False, (50, 300, 300, 0.05)),
        (Fuel.OIL, NEW, False, (30, 200, 250, None)),
        (Fuel.GAS, NEW, False, (20, 50, 200, None)),
        (Fuel.COAL, IN_USE, True, (30, 200, 200, 0.05)),
        (Fuel.OIL, NEW, True, (30, 100, 200, None)),
        (Fuel.GAS, NEW, True, (20, 50, 150, None)),
        (Fuel.BIOMASS, NEW, False, (50, 300, 300, 0.05)),
    ],
)
def test_tables_1_to_3_of_gb_13271(
    fuel: Fuel, approved: date, expected: tuple[float | None, ...], *, special: bool
) -> None:
    for rated in (2.0, 10.0, 65.0):
        assert emission(StackBoiler(fuel, approved, rated, special)) == expected


@pytest.mark.parametrize(
    ("rated", "day", "binds"),
    [
        (10.1, date(2015, 9, 30), False),
        (10.1, date(2015, 10, 1), True),
        (10.0, date(2015, 10, 1), False),
        (10.0, date(2016, 6, 30), False),
        (10.0, date(2016, 7, 1), True),
    ],
)
def test_table_1_began_with_the_large_boilers(rated: float, day: date, *, binds: bool) -> None:
    # GB 13271-2014 4.1: above 10 t/h from 2015-10-01, the others from 2016-07-01.
    found = emission(StackBoiler(Fuel.COAL, IN_USE, rated, special=False), day)
    assert found == ((80, 400, 400, 0.05) if binds else (None,) * 4)


def test_tables_2_and_3_began_on_2014_07_01() -> None:
    for special in (False, True):
        boiler = StackBoiler(Fuel.GAS, NEW, 6, special)
        assert stack_limit([boiler], "yx_zs_a21002", date(2014, 6, 30)) is None
        assert stack_limit([boiler], "yx_zs_a21002", date(2014, 7, 1)) is not None


def test_new_is_by_the_day_of_approval() -> None:
    # GB 13271-2014 3.3.
    assert stack_scope(Fuel.COAL, IN_USE, special=False) == "GB13271-t1-coal"
    assert stack_scope(Fuel.COAL, NEW, special=False) == "GB13271-t2-coal"
    assert stack_scope(Fuel.BIOMASS, IN_USE, special=True) == "GB13271-t3-coal"


def test_a_shared_stack_is_held_to_the_strictest() -> None:
    # GB 13271-2014 4.6.
    old = StackBoiler(Fuel.COAL, IN_USE, 20, special=False)
    new = StackBoiler(Fuel.COAL, NEW, 4, special=False)
    found = stack_limit([old, new], "yx_zs_a34013", DAY)
    assert found is not None
    assert (found.id, found.high) == ("GB13271-2014.t2.coal.a34013", 50)
    assert stack_limit([], "yx_zs_a34013", DAY) is None


@given(boilers=st.lists(BOILERS, min_size=1, max_size=4), order=st.randoms(use_true_random=False))
def test_a_shared_stack_is_never_looser_than_one_of_its_boilers(boilers: list[StackBoiler], order: object) -> None:
    for code in POLLUTANTS:
        factor = f"yx_zs_{code}"
        shared = stack_limit(boilers, factor, DAY)
        alone = [one for boiler in boilers if (one := high(stack_limit([boiler], factor, DAY))) is not None]
        assert high(shared) == min(alone, default=None)
        mixed = list(boilers)
        order.shuffle(mixed)  # type: ignore[attr-defined]
        assert stack_limit(mixed, factor, DAY) == shared
        assert reference_o2(mixed, DAY) == reference_o2(boilers, DAY)


@pytest.mark.parametrize(
    ("fuels", "expected"),
    [
        ([Fuel.COAL], 9),
        ([Fuel.BIOMASS], 9),
        ([Fuel.COAL, Fuel.BIOMASS], 9),
        ([Fuel.OIL], 3.5),
        ([Fuel.GAS, Fuel.OIL], 3.5),
        ([Fuel.COAL, Fuel.GAS], None),
        ([], None),
    ],
)
def test_reference_o2_of_table_6(fuels: list[Fuel], expected: float | None) -> None:
    found = reference_o2([StackBoiler(fuel, NEW, 6, special=False) for fuel in fuels], DAY)
    assert high(found) == expected
    assert found is None or found.clause == "5.2 表6"


def test_the_strictest_allows_least() -> None:
    held = [limit for limit in LIMITS if limit.factor == "w01018"]
    found = strictest([None, *held, None])
    assert found is not None
    assert found.high == 50
    assert strictest([None]) is None
    assert strictest([limit for limit in LIMITS if limit.high is None]) is None


@pytest.mark.parametrize(
    ("basis", "until", "said"), [("hour", None, "排放浓度"), ("year", date(2028, 12, 31), "排放量")]
)
def test_a_permit_becomes_a_limit(basis: str, until: date | None, said: str) -> None:
    found = permit_limit(
        number="91431023X",
        outlet="DA001",
        factor="a21026",
        basis=basis,
        high=150,
        decimals=1,
        valid_from=date(2024, 1, 1),
        valid_to=until,
        unit="mg/m3",
        task=13,
    )
    assert found.id == f"permit.91431023X.DA001.a21026.{basis}"
    assert (found.high, found.low, found.decimals, found.unit, found.task) == (150, None, 1, "mg/m3", 13)
    assert (found.valid_from, found.valid_to) == ("2024-01-01", until and "2028-12-31")
    assert found.clause == f"91431023X DA001 许可{said}"
    assert found.verified
