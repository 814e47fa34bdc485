from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.derive.boiler import Findings
from ingest.derive.losses import Losses, excess_air, indirect, losses, q2
from schemas.catalog import boilers
from schemas.catalog.enums import CoalClass, Fuel, Medium, Position
from schemas.records import Mean
from schemas.registry.model import Boiler

DAY = date(2026, 6, 30)
EXIT = Position.BOILER_EXIT
LAB = Findings(q4_pct=6.0, q4_day=DAY, q6_pct=0.3)
#: Example A: CO 800 mg/m3 is 0.064 %, hence q3 0.5.
A = {"yx_b_steam_flow": 8.2, "a19001": 10.0, "a01012": 165.0, "yx_b_air_temp": 25.0, "a21005": 800.0}
#: Example B on the hot water boiler of example C: 2908.7 kW of 2.8 MW.
B = {
    "yx_b_water_flow": 100.0,
    "yx_b_water_pressure": 0.8,
    "yx_b_supply_temp": 85.0,
    "yx_b_return_temp": 60.0,
    "a19001": 4.0,
    "a01012": 120.0,
    "yx_b_air_temp": 20.0,
    "a21005": 100.0,
}


def boiler(fuel: Fuel = Fuel.COAL, medium: Medium = Medium.SATURATED_STEAM, **changed: object) -> Boiler:
    fields: dict[str, object] = {
        "id": "b1",
        "name": "1号锅炉",
        "device": "d1",
        "fuel": fuel,
        "medium": medium,
        "rated": 2.8 if medium is Medium.HOT_WATER else 10.0,
        "manufactured": date(2021, 1, 1),
        "lhv": 20_934.0 if fuel is Fuel.COAL else 35_588.0,
    }
    return Boiler.model_validate(fields | changed)


COAL = boiler()
GAS = boiler(Fuel.GAS, Medium.HOT_WATER)


def hour(value: float | None, *, valid: bool = True) -> Mean:
    return Mean(value=value, low=value, high=value, n_valid=60, n_expected=60, valid=valid, marks="N")


def means(values: dict[str, float], **changed: float) -> dict[str, Mean]:
    return {factor: hour(value) for factor, value in (values | changed).items()}


def judged(one: Boiler, held: dict[str, Mean], **changed: Any) -> Mean:
    asked: dict[str, Any] = {"findings": LAB, "day": DAY, "position": EXIT, "unsteady": ""} | changed
    return indirect(one, held, **asked)


def band(mean: Mean) -> tuple[float, float, float]:
    assert mean.low is not None
    assert mean.value is not None
    assert mean.high is not None
    return mean.low, mean.value, mean.high


@pytest.mark.parametrize(
    ("o2", "alpha"), [(0, 1.0), (3.5, 1.2), (4, 1.235), (6, 1.4), (7, 1.5), (9, 1.75), (10, 1.909)]
)
def test_excess_air(o2: float, alpha: float) -> None:
    # HJ 212-2017 D.2.3 eq. 27: α = 21/(21 − O2).
    assert excess_air(o2) == pytest.approx(alpha, abs=0.0005)


@pytest.mark.parametrize("o2", [21.0, 25.0, math.nan])
def test_air_has_no_excess_of_air(o2: float) -> None:
    # HJ 212-2017 D.2.3 eq. 27 divides by 21 − O2.
    with pytest.raises(ValueError, match="O2"):
        excess_air(o2)


def test_coal_boiler_of_the_worked_example() -> None:
    # House reference 4.4 A.
    found = losses(COAL, means(A), findings=LAB, day=DAY)
    assert found.alpha == pytest.approx(1.909, abs=0.0005)
    assert found.q2 == pytest.approx(9.57, abs=0.005)
    assert (found.q3, found.q4, found.q6) == (0.5, 6.0, 0.3)
    assert found.q5 == pytest.approx(2.07, abs=0.005)
    mean = judged(COAL, means(A))
    assert mean.value == pytest.approx(81.56, abs=0.005)
    assert (mean.valid, mean.marks, mean.n_valid, mean.n_expected) == (True, "N", 60, 60)
    assert "q2 9.57" in mean.note
    assert "α 1.909" in mean.note


@pytest.mark.parametrize(
    ("o2", "flue_c", "alpha", "q2_pct", "eta"), [(4, 120, 1.235, 4.76, 93.94), (7, 160, 1.5, 7.95, 90.76)]
)
def test_gas_boiler_of_the_worked_example(o2: float, flue_c: float, alpha: float, q2_pct: float, eta: float) -> None:
    # House reference 4.4 B; q5 1.1 is the plant's own figure. The reference rounds 7.945 up.
    row = boilers.flue(Fuel.GAS, CoalClass.BITUMINOUS_2, DAY)
    loss = q2(row, o2_pct=o2, flue_c=flue_c, air_c=20, q4_pct=0)
    found = Losses(q2=loss, q3=0.2, q4=0, q5=1.1, q6=0, alpha=excess_air(o2))
    assert found.alpha == pytest.approx(alpha, abs=0.0005)
    assert found.q2 == pytest.approx(q2_pct, abs=0.00501)
    assert found.efficiency_pct == pytest.approx(eta, abs=0.00501)


def test_gas_boiler_as_it_is_judged() -> None:
    # q5 by the table: 2.8 MW are 4 t/h, 2.9 % at rated output, here 2908.7 kW.
    mean = judged(GAS, means(B), findings=Findings(), position=Position.STACK)
    assert mean.value == pytest.approx(100 - 4.76 - 0.2 - 2.9 * 2800 / 2908.7, abs=0.005)
    assert mean.marks == "N"


@pytest.mark.parametrize(
    ("one", "changed", "word"),
    [
        (boiler(Fuel.GAS, Medium.HOT_WATER, condensing=True), {}, "冷凝"),
        (COAL, {"position": None}, "未登记"),
        (COAL, {"position": Position.AFTER_SCRUBBER}, "脱硫"),
        (GAS, {"position": Position.AFTER_SCRUBBER}, "脱硫"),
        (COAL, {"position": Position.STACK}, "烟囱"),
        (boiler(Fuel.BIOMASS), {"position": Position.STACK}, "烟囱"),
        (COAL, {"unsteady": "压力不稳"}, "压力不稳"),
        (COAL, {"findings": Findings(q6_pct=0.3)}, "q4"),
        (COAL, {"day": DAY + timedelta(days=32)}, "q4"),
        (COAL, {"day": DAY - timedelta(days=1)}, "q4"),
    ],
)
def test_where_the_method_does_not_hold_nothing_is_said(one: Boiler, changed: dict[str, Any], word: str) -> None:
    # House reference 4.3: CEMS location trap, latent heat of condensing boilers, q4 older than 31 days.
    mean = judged(one, means(A | B), **changed)
    assert (mean.value, mean.low, mean.high, mean.valid) == (None, None, None, False)
    assert word in mean.note


def test_the_last_day_of_a_q4() -> None:
    assert judged(COAL, means(A), day=DAY + timedelta(days=31)).valid


@pytest.mark.parametrize("position", [EXIT, Position.STACK])
def test_oil_and_gas_may_be_measured_in_the_stack(position: Position) -> None:
    assert judged(boiler(Fuel.OIL), means(A), position=position, findings=Findings()).valid


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"a19001": 0.99}, "含氧量"),
        ({"a19001": 15.01}, "含氧量"),
        ({"a19001": 21.0}, "含氧量"),
        ({"a01012": 25.0}, "送风温度"),
        ({"a01012": -40.0}, "送风温度"),
        ({"a01012": math.nan}, "烟气温度"),
        ({"yx_b_steam_flow": 4.99}, "负荷"),
        ({"yx_b_steam_flow": 0.0}, "负荷"),
        ({"yx_b_steam_flow": -1.0}, "负荷"),
        ({"yx_b_steam_flow": math.inf}, "负荷"),
        ({"yx_b_coal_flow": 0.0}, "停炉"),
        ({"a01012": 799.0, "a19001": 15.0}, "效率"),
    ],
)
def test_a_reading_beyond_belief_says_nothing(values: dict[str, float], word: str) -> None:
    # House rule 4.5: O2 1-15 %, load 50 % or more, fuel not 0, η 30-100 %.
    mean = judged(COAL, means(A | values))
    assert (mean.value, mean.valid) == (None, False)
    assert word in mean.note


@pytest.mark.parametrize("factor", ["a19001", "a01012", "yx_b_steam_flow"])
def test_an_invalid_instrument_is_named(factor: str) -> None:
    held = means(A)
    mean = judged(COAL, held | {factor: hour(held[factor].value, valid=False)})
    assert (mean.value, mean.valid) == (None, False)
    assert factor in mean.note


def test_nothing_at_all_is_said_of_nothing() -> None:
    for held in ({}, {factor: hour(None, valid=False) for factor in A}):
        mean = judged(COAL, held)
        assert (mean.value, mean.valid) == (None, False)
        assert "a01012" in mean.note
        assert "a19001" in mean.note


def test_without_air_temperature_20_degrees_are_taken() -> None:
    held = means(A)
    for broken in (
        {**held, "yx_b_air_temp": hour(60.0, valid=False)},
        {k: v for k, v in held.items() if "air" not in k},
    ):
        mean = judged(COAL, broken)
        assert mean.value == pytest.approx(81.56 - 9.57 * 5 / 140, abs=0.01)
        assert "送风温度未测，按 20 °C" in mean.note
        assert mean.marks == "Ne"


@pytest.mark.parametrize(("co", "q3"), [(0, 0.2), (625, 0.2), (626, 0.5), (1250, 0.5), (1251, 1.0)])
def test_carbon_monoxide_in_steps(co: float, q3: float) -> None:
    # House reference 4.3: ≤0.05 % 0.2, ≤0.1 % 0.5, above 1.0; 12 500 mg/m3 are 1 %.
    assert losses(COAL, means(A, a21005=co), findings=LAB, day=DAY).q3 == q3


def test_without_carbon_monoxide_the_least_step_is_taken() -> None:
    mean = judged(COAL, {factor: mean for factor, mean in means(A).items() if factor != "a21005"})
    assert mean.value == pytest.approx(81.56 + 0.3, abs=0.005)
    assert "CO" in mean.note
    assert mean.marks == "Ne"


def test_an_output_without_meter_counts_65_percent() -> None:
    # TSG G0003-2010 simple test (house reference, part II 3.3).
    mean = judged(COAL, {factor: mean for factor, mean in means(A).items() if factor != "yx_b_steam_flow"})
    assert mean.value == pytest.approx(81.56 + 1.7 / 0.82 - 1.7 / 0.65, abs=0.01)
    assert "65%" in mean.note
    assert mean.marks == "Ne"


def test_a_hot_water_boiler_whose_heat_is_known_wrongly() -> None:
    broken = means(B) | {"yx_b_return_temp": hour(60.0, valid=False)}
    assert "负荷未知" in judged(GAS, broken).note
    assert "饱和温度" in judged(GAS, means(B, yx_b_supply_temp=190.0)).note
    assert "负荷" in judged(GAS, means(B, yx_b_return_temp=85.0)).note
    unmetered = judged(GAS, {factor: mean for factor, mean in means(B).items() if factor != "yx_b_water_flow"})
    assert "65%" in unmetered.note


def test_ash_that_was_not_analysed_is_taken_from_the_table() -> None:
    mean = judged(COAL, means(A), findings=Findings(q4_pct=6.0, q4_day=DAY))
    assert "q6" in mean.note
    assert mean.marks == "Ne"
    assert losses(GAS, means(B), findings=LAB, day=DAY).q6 == 0
    assert losses(GAS, means(B), findings=LAB, day=DAY).q4 == 0


def test_the_band_is_the_root_of_the_sum_of_squares() -> None:
    # Example A by boilers.toml, in points: flue 3 K and air 1 K of 140 K, O2 0.5 % (dq2 = n·21/11²·1.4·0.94/2),
    # form 2 % of q2, q3 0.2, q4 10 % (less what q2 gives back), q5 20 %, q6 50 %.
    mean = judged(COAL, means(A))
    loss = losses(COAL, means(A), findings=LAB, day=DAY)
    shares = (
        loss.q2 * 3 / 140, loss.q2 / 140, 3.6 * 21 / 121 * 1.4 * 0.94 / 2, loss.q2 * 0.02, 0.2,
        0.6 * (1 - loss.q2 / 94), loss.q5 * 0.2, 0.15,
    )  # fmt: skip
    low, value, high = band(mean)
    assert (value - low, high - value) == pytest.approx((math.hypot(*shares),) * 2, abs=0.002)


def test_what_is_assumed_widens_the_band() -> None:
    known = judged(COAL, means(A, yx_b_air_temp=20.0))
    for factor in ("yx_b_air_temp", "yx_b_steam_flow"):
        guessed = judged(COAL, {name: mean for name, mean in means(A).items() if name != factor})
        assert band(guessed)[2] - band(guessed)[0] > band(known)[2] - band(known)[0]


def test_flue_gas_colder_than_the_air_is_no_loss() -> None:
    row = boilers.flue(Fuel.GAS, CoalClass.BITUMINOUS_2, DAY)
    with pytest.raises(ValueError, match="colder"):
        q2(row, o2_pct=4, flue_c=19.9, air_c=20, q4_pct=0)
    assert q2(row, o2_pct=4, flue_c=20, air_c=20, q4_pct=0) == 0


def test_the_steps_say_why_there_are_none() -> None:
    with pytest.raises(ValueError, match="含氧量"):
        losses(COAL, means(A, a19001=21.0), findings=LAB, day=DAY)
    with pytest.raises(LookupError):
        losses(COAL, means(A), findings=Findings(q4_pct=6, q4_day=date(2001, 1, 1)), day=date(2001, 1, 1))


@given(st.dictionaries(st.sampled_from(sorted(A)), st.floats(allow_nan=True) | st.floats(-50, 1000)))
def test_whatever_is_read_a_value_is_finite_and_within_belief(values: dict[str, float]) -> None:
    mean = judged(COAL, means(A | values))
    if mean.valid:
        low, value, high = band(mean)
        assert 30 <= value <= 100
        assert -math.inf < low < value < high < math.inf
    else:
        assert (mean.value, mean.low, mean.high) == (None, None, None)
        assert mean.note


@given(st.floats(1, 14), st.floats(100, 300), st.floats(0.1, 1), st.floats(1, 50))
def test_more_air_or_hotter_gas_is_never_better(o2: float, flue_c: float, more_o2: float, more_c: float) -> None:
    def loss(one: float, other: float) -> float:
        return losses(COAL, means(A, a19001=one, a01012=other), findings=LAB, day=DAY).q2

    assert loss(o2 + more_o2, flue_c) > loss(o2, flue_c)
    assert loss(o2, flue_c + more_c) > loss(o2, flue_c)
