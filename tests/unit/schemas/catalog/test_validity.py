from __future__ import annotations

import pytest

from schemas.catalog.factors import FACTORS
from schemas.catalog.validity import (
    GAS_COUNTED,
    NUMBERS,
    SUBSTITUTIONS,
    WATER_COUNTED,
    Number,
    Substitution,
    number,
    substitution,
)


@pytest.mark.parametrize("one", [*NUMBERS.values(), *SUBSTITUTIONS], ids=lambda one: one.clause)
def test_every_number_has_standard_clause_and_source(one: Number | Substitution) -> None:
    assert one.standard.strip()
    assert one.clause.strip()
    assert one.source.strip()
    assert one.unit in {"min", "%", "h", "d"}


@pytest.mark.parametrize("one", [*NUMBERS.values(), *SUBSTITUTIONS], ids=lambda one: one.clause)
def test_what_was_only_remembered_is_not_called_verified(one: Number | Substitution) -> None:
    unread = any(word in one.source for word in ("[mem]", "(C)", "own convention", "engineering choice", "not read"))
    assert one.verified is not unread


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("gas_hour_minutes", 45, "min"),
        ("gas_minute_share", 75, "%"),
        ("gas_day_hours", 20, "h"),
        ("gas_month_days", 25, "d"),
        ("gas_february_days", 23, "d"),
        ("share_due", 75, "%"),
        ("water_day_hours", 18, "h"),
        ("o2_guard", 19, "%"),
        ("check_hours", 1, "h"),
        ("capture_needed", 75, "%"),
        ("rate_target", 90, "%"),
        ("rate_grave", 75, "%"),
    ],
)
def test_the_numbers_are_those_of_the_standards(name: str, value: float, unit: str) -> None:
    assert (number(name), NUMBERS[name].unit) == (value, unit)


def test_an_unknown_number_is_an_error() -> None:
    with pytest.raises(KeyError, match="no_such"):
        number("no_such")


@pytest.mark.parametrize(
    ("capture", "gap", "last"),
    [
        (100.0, 1, 180),
        (90.0, 24, 180),
        (90.0, 25, 720),
        (89.999, 24, 2160),
        (89.999, 500, 2160),
        (75.0, 1, 2160),
        (74.999, 1, None),
        (0.0, 100, None),
    ],
)
def test_the_substitution_table_of_gas(capture: float, gap: int, last: int | None) -> None:
    """HJ 75-2017 12: >= 90 % and gap <= 24 h 180, > 24 h 720; 75-90 % 2160; below 75 % none."""
    row = substitution("gas", capture, gap)
    assert (row.last if row else None) == last


def test_water_takes_the_last_30_days_whatever_the_gap() -> None:
    row = substitution("water", 100.0, 20)
    assert row is not None
    assert (row.last, row.unit) == (30, "d")
    assert substitution("other", 100.0, 1) is None


def test_rates_are_counted_for_the_seven_factors() -> None:
    assert {FACTORS[code].en for code in WATER_COUNTED} == {"COD", "NH3-N", "total phosphorus", "total nitrogen"}
    assert {FACTORS[code].en for code in GAS_COUNTED} == {"particulate matter", "SO2", "NOx as NO2"}
