from __future__ import annotations

from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.signals.scene import Found, Unknown
from schemas.times import HOUR
from tests.unit.alerts.judge.signals.scenery import (
    AMMONIA,
    COD,
    END,
    FLOW,
    PH,
    WATER,
    Values,
    ask,
    clean,
    hour,
    scene,
    sentence,
    series,
)


@pytest.mark.parametrize("seed", range(20))
def test_a_well_run_plant_is_suspected_of_nothing(seed: int) -> None:
    held = clean(seed)
    for factor in (*WATER, PH):
        assert ask("suspect_constant", scene(held), factor) is None
        assert ask("suspect_copied", scene(held), factor) is None
    for factor in WATER:
        assert ask("suspect_low_variance", scene(held), factor) is None
    assert all(ask("suspect_step", scene(held), factor) is None for factor in WATER)
    assert ask("suspect_probe", scene(held)) is None


@given(length=st.integers(1, 24), back=st.integers(0, 23))
def test_the_same_value_is_suspect_from_six_hours_on_wherever_the_run_ends_in_the_day(length: int, back: int) -> None:
    held = clean()
    held[COD][48 - back - length : 48 - back] = [33.7] * length
    found = ask("suspect_constant", scene(held), COD)
    assert isinstance(found, Found) is (length >= 6)
    if isinstance(found, Found):
        assert found.figures == {"hours": length, "value": 33.7}
        assert found.since == END - (back + length) * HOUR


def test_it_says_since_when_how_long_and_what() -> None:
    held = clean()
    held[COD][30:38] = [33.7] * 8
    assert sentence(ask("suspect_constant", scene(held), COD)) == (
        "自 06-02 06:00 起连续 8 小时恒为 33.7 mg/L，疑似仪器卡滞或数据非实测"
    )


def test_a_run_of_the_day_before_was_judged_then() -> None:
    held = clean()
    held[COD][10:20] = [33.7] * 10
    assert ask("suspect_constant", scene(held), COD) is None


@pytest.mark.parametrize(
    ("hours", "is_found", "why"),
    [
        ([hour(33.7)] * 24, True, "the source runs"),
        ([hour(33.7, mark="F")] * 24, False, "marked 停运"),
        ([hour(33.7, mark="Nf")] * 24, False, "a person says 停运"),
        ([hour(None, mark="D")] * 24, False, "not valid: the instrument is broken and says so"),
        ([hour(33.7, low=30.1, high=38.4)] * 24, False, "the hours' means are equal, their readings are not"),
        ([None] * 24, False, "no data is no constant value"),
        ([hour(0.0)] * 24, False, "zeros have a signal of their own"),
    ],
)
def test_only_a_running_source_can_stand_still(hours: list[object], is_found: bool, why: str) -> None:  # noqa: FBT001
    held = clean()
    held[COD][48 - len(hours) :] = hours  # type: ignore[assignment]  # means stand beside plain values
    assert isinstance(ask("suspect_constant", scene(held), COD), Found) is is_found, why


def test_nothing_is_constant_where_nothing_flows() -> None:
    held = clean()
    held[COD][24:], held[FLOW][24:] = [33.7] * 24, [0.0] * 24
    assert isinstance(ask("suspect_constant", scene(held), COD), Unknown)


def test_whole_numbers_repeat_themselves_honestly_for_twice_as_long() -> None:
    held = clean()
    held[COD] = [float(round(value or 0)) for value in held[COD]]
    held[COD][30:40] = [33.0] * 10
    assert ask("suspect_constant", scene(held), COD) is None
    held[COD][30:42] = [33.0] * 12
    assert isinstance(ask("suspect_constant", scene(held), COD), Found)


def test_flue_gas_by_the_minute_is_suspect_after_four_hours() -> None:
    gas = series("a21026", [*([hour(90.0, low=80.0, high=95.0)] * 44), *([hour(101.3)] * 4)], interval_s=60)
    assert isinstance(ask("suspect_constant", scene(clean(), series={"a21026": gas}), "a21026"), Found)


def test_a_day_that_hardly_moves_is_constant_but_not_one_at_a_truly_low_level() -> None:
    held = clean()
    held[COD][24:] = list(islice(cycle([38.1, 38.4, 38.2, 38.6]), 24))
    assert "变化不足量程的 1%" in sentence(ask("suspect_constant", scene(held), COD))
    held[AMMONIA][24:] = list(islice(cycle([0.02, 0.03, 0.05]), 24))
    assert ask("suspect_constant", scene(held), AMMONIA) is None


def test_an_effluent_that_does_not_know_its_inflow_varies_too_little() -> None:
    held = clean()
    held[COD][24:] = list(islice(cycle([33.7, 33.9, 34.1]), 24))
    assert "变异系数仅 0.48%" in sentence(ask("suspect_low_variance", scene(held), COD))
    held[FLOW][24:] = list(islice(cycle([70.0, 71.0]), 24))
    assert ask("suspect_low_variance", scene(held), COD) is None, (
        "with an even inflow an even effluent is to be expected"
    )
    del held[FLOW]
    assert isinstance(ask("suspect_low_variance", scene(held), COD), Unknown)


def test_a_coarse_display_says_nothing_of_variance() -> None:
    held = clean()
    held[AMMONIA][24:] = [0.05] * 24
    assert ask("suspect_low_variance", scene(held), AMMONIA) is None


@given(seed=st.integers(0, 50), missing=st.sets(st.integers(24, 47), max_size=4))
def test_a_copied_day_is_found_though_some_hours_are_missing(seed: int, missing: set[int]) -> None:
    held = clean(seed)
    held[COD][24:] = held[COD][:24]
    for number in missing:
        held[COD][number] = None
    found = ask("suspect_copied", scene(held), COD)
    assert isinstance(found, Found)
    assert found.figures["equal"] == found.figures["hours"] == 24 - len(missing)


def test_a_copied_day_is_found_though_moved_and_stretched() -> None:
    held = clean()
    held[COD][24:] = [round(1.02 * (value or 0) + 0.3, 1) for value in held[COD][:24]]
    assert "自相关系数" in sentence(ask("suspect_copied", scene(held), COD))


def test_a_standing_value_is_no_copy_and_too_few_hours_say_nothing() -> None:
    held = clean()
    held[COD] = [33.7] * 48
    assert ask("suspect_copied", scene(held), COD) is None
    held[COD][:10] = [None] * 10
    assert isinstance(ask("suspect_copied", scene(held), COD), Unknown)


def _stepped(held: dict[str, Values], at: int, **levels: float) -> dict[str, Values]:
    for factor, level in levels.items():
        held[factor][at:] = [round((value or 0) * level, 2) for value in held[factor][at:]]
    return held


def test_a_level_that_changes_within_the_hour_is_a_step() -> None:
    said = sentence(ask("suspect_step", scene(_stepped(clean(), 34, w01018=0.2)), COD))
    assert said.startswith("06-02 10:00 起一小时内由 ")
    assert said.endswith("疑似仪器或采样被改动")


def test_all_factors_at_once_mean_that_the_probe_was_taken_out() -> None:
    held = _stepped(clean(), 34, w01018=0.05, w21003=0.01, w21001=0.02, w21011=0.02, w01012=0.02)
    found = ask("suspect_probe", scene(held))
    assert "疑似探头移出" in sentence(found)
    assert all(ask("suspect_step", scene(held), factor) is None for factor in WATER), "told once, of the place"
    assert isinstance(found, Found)
    assert found.figures["factors"] >= 3


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({35: 44.0, 36: 56.0, 37: 68.0, 38: 80.0}, "a failing process ramps"),
        ({35: 80.0}, "one odd value is no new level"),
    ],
)
def test_what_a_process_does_is_no_step(values: dict[int, float], why: str) -> None:
    held = clean()
    for number, value in values.items():
        held[COD][number] = value
    if len(values) > 1:
        held[COD][39:] = [80.0 + number % 3 for number in range(9)]
    assert ask("suspect_step", scene(held), COD) is None, why


def test_a_step_of_the_load_explains_that_of_the_values() -> None:
    held = _stepped(clean(), 34, w01018=0.2, w00000=0.3)
    assert ask("suspect_step", scene(held), COD) is None


def test_without_flow_a_step_cannot_be_told_from_a_change_of_load() -> None:
    held = clean()
    del held[FLOW]
    assert isinstance(ask("suspect_step", scene(held), COD), Unknown)
