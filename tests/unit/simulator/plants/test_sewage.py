from __future__ import annotations

from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from simulator.plants import sewage
from simulator.plants.effects import Effect, EffectKind

START = 1_793_462_400
FAILURE = Effect(EffectKind.AERATION_FAILURE, START, START + 2 * 86_400, nh3n_mgl=10.0, cod_mgl=60.0)
NORMAL = {
    "w01018": (25, 40),
    "w21003": (0.8, 2.5),
    "w21001": (8, 12),
    "w21011": (0.2, 0.4),
    "w01012": (4, 8),
    "w01001": (6.8, 7.6),
    "w01010": (10, 28),
    "w00000": (10, 200),
}


@given(st.integers(min_value=0, max_value=99), st.integers(min_value=0, max_value=24 * 366))
def test_a_healthy_plant_is_comfortably_inside_class_1a(seed: int, hour: int) -> None:
    shown = sewage.values(sewage.sewage_plant(seed, "bj-wwtp", "outlet"), START + hour * 3600)
    for factor, (low, high) in NORMAL.items():
        assert low <= shown[factor] <= high, factor


@given(st.integers(min_value=0, max_value=99), st.integers(min_value=-10, max_value=100))
def test_ammonia_never_exceeds_total_nitrogen(seed: int, hour: int) -> None:
    shown = sewage.values(sewage.sewage_plant(seed, "mt-wwtp", "outlet"), START + hour * 3600, (FAILURE,))
    assert shown["w21003"] < shown["w21001"]


def test_without_air_ammonia_and_cod_rise_and_recover() -> None:
    plant = sewage.sewage_plant(1, "mt-wwtp", "outlet")

    def mean(factor: str, from_h: int, to_h: int) -> float:
        return fmean(sewage.values(plant, START + hour * 3600, (FAILURE,))[factor] for hour in range(from_h, to_h))

    assert 9 < mean("w21003", 4, 48) < 11
    assert 55 < mean("w01018", 4, 48) < 65
    assert mean("w21001", 4, 48) > mean("w21001", -48, 0) + 2
    assert mean("w21003", 52, 76) < 2.5


def test_evening_flow_exceeds_the_flow_before_dawn() -> None:
    plant = sewage.sewage_plant(1, "mt-wwtp", "outlet")
    dawn, evening = (sewage.values(plant, START + hour * 3600)["w00000"] for hour in (4, 19))  # START is midnight
    assert evening > 1.5 * dawn
