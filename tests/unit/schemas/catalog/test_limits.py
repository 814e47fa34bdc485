from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from schemas.catalog.factors import FACTORS
from schemas.catalog.limits import LIMITS, in_force

if TYPE_CHECKING:
    from schemas.records import Limit

NEW = date(2010, 5, 1)
OLD = date(2004, 5, 1)
DAY = date(2026, 6, 1)


def high(scope: str, factor: str, *, day: date = DAY, built: date = NEW, temp: float | None = 20.0) -> float | None:
    found = in_force(scope, factor, "day", day=day, built=built, water_temp_c=temp)
    assert found is not None
    return found.high


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.id)
def test_every_limit_says_where_it_comes_from(limit: Limit) -> None:
    assert limit.source.strip()
    assert limit.clause.strip()
    assert limit.standard.strip()
    assert limit.edition.strip()
    assert limit.task > 0


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.id)
def test_every_limit_has_a_bound_and_dates_that_parse(limit: Limit) -> None:
    assert (limit.low is None) != (limit.high is None)
    assert (limit.low or limit.high or 0) > 0
    for text in (limit.valid_from, limit.valid_to, limit.built_from, limit.built_to):
        assert text is None or date.fromisoformat(text).isoformat() == text
    assert limit.valid_to is None or limit.valid_from <= limit.valid_to


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.id)
def test_every_limit_is_in_the_unit_of_its_factor(limit: Limit) -> None:
    assert limit.unit == FACTORS[limit.factor].unit


def test_ids_are_unique() -> None:
    assert len({limit.id for limit in LIMITS}) == len(LIMITS)


@pytest.mark.parametrize(
    ("factor", "one_a", "one_b"),
    [
        ("w01018", 50, 60),
        ("w01012", 10, 20),
        ("w21001", 15, 20),
        ("w21003", 5, 8),
        ("w21011", 0.5, 1),
    ],
)
def test_table_1_of_gb_18918(factor: str, one_a: float, one_b: float) -> None:
    assert high("GB18918-1A", factor) == one_a
    assert high("GB18918-1B", factor) == one_b


@pytest.mark.parametrize(("scope", "warm", "cold"), [("GB18918-1A", 5, 8), ("GB18918-1B", 8, 15)])
@pytest.mark.parametrize(
    ("temp", "is_cold"), [(20.0, False), (12.1, False), (12.0, True), (3.0, True), (-1.0, True), (None, False)]
)
def test_ammonia_follows_the_water_and_is_strict_without_it(
    scope: str, warm: float, cold: float, temp: float | None, *, is_cold: bool
) -> None:
    assert high(scope, "w21003", temp=temp) == (cold if is_cold else warm)


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
    assert high(scope, "w21011", built=built, day=day) == expected


@pytest.mark.parametrize("temp", [None, 5.0, 12.0, 12.5])
@pytest.mark.parametrize("built", [date(1999, 1, 1), OLD, NEW, date(2025, 1, 1)])
@pytest.mark.parametrize("day", [date(2003, 7, 1), DAY, date(2027, 12, 31), date(2028, 1, 1), date(2040, 1, 1)])
def test_exactly_one_limit_binds_an_outlet(day: date, built: date, temp: float | None) -> None:
    for scope in ("GB18918-1A", "GB18918-1B"):
        for factor in ("w01018", "w01012", "w21001", "w21003", "w21011"):
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
    ("scope", "factor", "basis", "day"),
    [
        ("GB18918-1A", "w01018", "day", date(2003, 6, 30)),
        ("GB18918-1A", "w01018", "hour", DAY),
        ("GB18918-1A", "w01010", "day", DAY),
        ("GB18918-2", "w01018", "day", DAY),
        ("", "w01018", "day", DAY),
    ],
)
def test_where_nothing_binds_nothing_is_found(scope: str, factor: str, basis: str, day: date) -> None:
    assert in_force(scope, factor, basis, day=day, built=NEW) is None


def test_what_was_read_second_hand_is_marked_so() -> None:
    unverified = {limit.id for limit in LIMITS if not limit.verified}
    assert unverified == {f"GB18918-2002.1{grade}.w21011.day.{which}" for grade in "AB" for which in ("old", "old2028")}
    assert all(("(B)" in limit.source) != limit.verified for limit in LIMITS)
