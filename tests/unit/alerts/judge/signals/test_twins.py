from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.signals.scene import Found, Unknown
from tests.unit.alerts.judge.signals.scenery import COD, TN, WATER, Values, ask, clean, scene, sentence, series


def _beside(own: dict[str, Values], other: dict[str, Values]) -> object:
    others = {factor: (series(factor, other[factor], title="另一厂 总排口"),) for factor in WATER}
    return ask("suspect_twins", scene(own, others=others))


@pytest.mark.parametrize("seed", range(20))
def test_two_well_run_plants_are_no_twins(seed: int) -> None:
    assert _beside(clean(seed, hours=24), clean(seed + 100, hours=24)) is None


@given(seed=st.integers(0, 50), shift=st.integers(-20, 20))
def test_a_copy_is_found_though_whole_numbers_were_added(seed: int, shift: int) -> None:
    own, other = clean(seed, hours=24), clean(seed + 100, hours=24)
    own[COD] = [round((value or 0) + shift, 1) for value in other[COD]]
    found = _beside(own, other)
    assert isinstance(found, Found)
    assert found.figures["factors"] == 1
    assert found.figures["correlation"] == pytest.approx(1)


def test_it_names_the_other_place_and_all_factors() -> None:
    other = clean(7, hours=24)
    said = sentence(_beside(dict(other), other))  # type: ignore[arg-type]  # an answer
    assert said.startswith("当日与另一厂 总排口的化学需氧量、氨氮、总氮、总磷、悬浮物逐时尾数相同（24 小时，")


def test_two_standing_values_are_alike_but_no_twins() -> None:
    own, other = clean(1, hours=24), clean(2, hours=24)
    own[TN] = other[TN] = [9.37] * 24
    assert _beside(own, other) is None


def test_the_same_tide_with_other_decimals_is_no_twin() -> None:
    own, other = clean(1, hours=24), clean(2, hours=24)
    own[COD] = [round((value or 0) * 1.0137 + 0.31, 1) for value in other[COD]]
    assert _beside(own, other) is None


def test_with_too_few_hours_it_cannot_say() -> None:
    own, other = clean(1, hours=24), clean(2, hours=24)
    for factor in WATER:
        own[factor][:8] = [None] * 8
    assert isinstance(_beside(own, other), Unknown)
    own[COD][8:] = other[COD][8:]
    assert not isinstance(_beside(own, other), Found)
