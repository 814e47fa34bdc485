from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import signals

WEEK = signals.Week.of((0.5,) * 12 + (1.5,) * 12, (1.0,) * 5 + (0.8, 0.6))
INSTANTS = st.integers(min_value=0, max_value=4_000_000_000)


def test_noise_is_the_same_number_on_every_machine() -> None:
    key = signals.stream(1, "lyt-boiler", "dcs")
    assert key.hex() == signals.stream(1, "lyt-boiler", "dcs").hex()
    assert signals.noises(key, 7) == signals.noises(key, 7)
    assert signals.noise(signals.stream(1, "a"), 1) == pytest.approx(0.8925814055837691, abs=1e-12)


def test_streams_differ_by_seed_and_by_name() -> None:
    keys = {signals.stream(seed, name) for seed in range(10) for name in ("a", "b", "a/b")}
    assert len(keys) == 30


@given(INSTANTS)
def test_noises_stay_in_their_range(step: int) -> None:
    key = signals.stream(1, "x")
    assert all(-1.0 <= value < 1.0 for value in signals.noises(key, step))
    assert -1.0 <= signals.smooth(key, step / 7) <= 1.0
    assert -1.0 <= signals.straight(key, step / 7) <= 1.0


def test_noise_has_no_drift() -> None:
    key = signals.stream(3, "mean")
    assert abs(sum(signals.noise(key, step) for step in range(10_000)) / 10_000) < 0.02


def test_the_week_begins_on_monday_in_shanghai() -> None:
    monday = int(datetime(2026, 11, 1, 16, tzinfo=UTC).timestamp())  # 2026-11-02T00:00+08:00
    assert signals.hour_of_week(monday) == 0.0
    assert signals.hour_of_week(monday - 3600) == 167.0


def test_a_week_has_mean_one() -> None:
    start = 1_793_462_400
    assert WEEK.integral_s(start + signals.WEEK_S) - WEEK.integral_s(start) == pytest.approx(signals.WEEK_S)


@given(INSTANTS, st.integers(min_value=1, max_value=signals.WEEK_S))
def test_integral_with_ripple_only_rises(at_s: int, later_s: int) -> None:
    key = signals.stream(5, "meter")

    def total(instant: int) -> float:
        return WEEK.integral_s(instant) + signals.ripple_s(WEEK, key, instant, 900)

    assert total(at_s + later_s) > total(at_s)


def test_july_is_warm_and_january_cold() -> None:
    assert signals.season(int(datetime(2026, 7, 20, tzinfo=UTC).timestamp())) > 0.99
    assert signals.season(int(datetime(2026, 1, 19, tzinfo=UTC).timestamp())) < -0.99
