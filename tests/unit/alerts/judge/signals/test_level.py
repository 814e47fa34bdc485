from __future__ import annotations

from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.signals.scene import Found, Unknown
from tests.unit.alerts.judge.signals.scenery import (
    COD,
    FLOW,
    PH,
    WATER,
    ask,
    clean,
    hour,
    limits,
    scene,
    sentence,
    series,
)


@pytest.mark.parametrize("seed", range(20))
def test_a_well_run_plant_neither_hugs_its_limits_nor_shows_zeros(seed: int) -> None:
    held = scene(clean(seed))
    for factor in WATER:
        assert ask("suspect_limit_hugging", held, factor) is None
        assert ask("suspect_zero", held, factor) is None
    assert ask("suspect_zero", held, PH) is None


@given(near=st.integers(0, 24))
def test_seven_tenths_of_the_hours_just_below_the_limit_are_suspect(near: int) -> None:
    held = clean()
    held[COD][24:] = [*islice(cycle([47.1, 48.3, 49.6, 46.2]), near), *islice(cycle([32.0, 35.5]), 24 - near)]
    found = ask("suspect_limit_hugging", scene(held), COD)
    assert isinstance(found, Found) is (near >= 0.7 * 24)
    if isinstance(found, Found):
        assert (found.figures["near"], found.figures["limit"]) == (near, 50.0)


def test_a_plant_that_exceeds_does_not_hide_below_its_limit() -> None:
    held = clean()
    held[COD][24:] = [*islice(cycle([47.1, 48.3, 49.6]), 23), 50.4]
    assert ask("suspect_limit_hugging", scene(held), COD) is None


@pytest.mark.parametrize(
    ("top", "count", "found", "why"),
    [
        (49.8, 6, "紧贴限值 50", "cut off at the limit"),
        (49.8, 5, "", "too few to call it a cut"),
        (50.2, 6, "", "above the limit nobody cuts"),
        (40.0, 8, "", "no cliff far from limit and range"),
        (497.5, 6, "紧贴量程上限 500", "cut off at the top of the range"),
    ],
)
def test_a_flat_top_is_a_cut(top: float, count: int, found: str, why: str) -> None:
    held = clean()
    for number in range(count):
        held[COD][25 + 3 * number] = top
    answer = ask("suspect_limit_hugging", scene(held), COD)
    assert (found in sentence(answer)) if found else answer is None, why


def test_a_display_of_whole_numbers_has_flat_tops_by_itself() -> None:
    held = clean()
    held[COD] = [float(round(value or 0)) for value in held[COD]]
    for number in range(8):
        held[COD][25 + 2 * number] = 50.0
    assert ask("suspect_limit_hugging", scene(held), COD) is None


def test_without_a_limit_or_enough_hours_it_cannot_say() -> None:
    held = clean()
    assert isinstance(ask("suspect_limit_hugging", scene(held, limits={}), COD), Unknown)
    held[COD][24:32] = [None] * 8
    assert isinstance(ask("suspect_limit_hugging", scene(held), COD), Unknown)


def test_a_stack_hugs_by_its_value_at_reference_oxygen() -> None:
    limit = {"yx_zs_a21026": limits()[COD]}
    raw = series("a21026", [20.0] * 48)
    converted = series("yx_zs_a21026", list(islice(cycle([47.1, 48.3, 49.6]), 48)))
    held = scene(clean(), series={"a21026": raw, "yx_zs_a21026": converted}, limits=limit)
    assert "贴限" in sentence(ask("suspect_limit_hugging", held, "a21026"))


@given(length=st.integers(1, 20), value=st.sampled_from([0.0, -0.2]))
def test_zeros_and_less_are_suspect_from_three_hours_on(length: int, value: float) -> None:
    held = clean()
    held[COD][26 : 26 + length] = [value] * length
    found = ask("suspect_zero", scene(held), COD)
    assert isinstance(found, Found) is (length >= 3)
    if isinstance(found, Found):
        assert found.figures == {"hours": length, "lowest": value}
        assert ("负值" if value < 0 else "零") in found.sentence
        assert "若确为低浓度，核实后仍有效" in found.sentence


def test_a_plant_that_stands_may_show_zero() -> None:
    held = clean()
    held[COD][24:], held[FLOW][24:40] = [0.0] * 24, [0.0] * 16
    found = ask("suspect_zero", scene(held), COD)
    assert isinstance(found, Found)
    assert found.figures["hours"] == 8, "the hours with flow count, the others do not"
    held[FLOW][24:] = [0.0] * 24
    assert isinstance(ask("suspect_zero", scene(held), COD), Unknown)
    del held[FLOW]
    assert isinstance(ask("suspect_zero", scene(held), COD), Unknown)


def test_a_stack_with_air_in_it_stands() -> None:
    gas = {
        "a21002": series("a21002", [0.0] * 48), "a00000": series("a00000", [4.0] * 48), "a19001": series("a19001", [20.6] * 48),
    }  # fmt: skip
    assert isinstance(ask("suspect_zero", scene(clean(), series=gas), "a21002"), Unknown)
    gas["a19001"] = series("a19001", [hour(8.0)] * 48)
    assert isinstance(ask("suspect_zero", scene(clean(), series=gas), "a21002"), Found)
