from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.validate import Bounds, Known, bounds, validate
from schemas.catalog.enums import Mark, Reason
from schemas.records import Reading, Sample

NOW_US = 1_732_242_601_000_000
ACCEPTED = bounds(NOW_US, max_age_days=30, late_after_s=600, max_future_s=300)
POINTS = {"a": Known(7, 0.0, 100.0), "t": Known(8, -5.0, 60.0)}


def reason_of(sample: Sample) -> Reason | None:
    readings, refusals = validate([sample], POINTS, ACCEPTED)
    assert len(readings) + len(refusals) == 1
    return refusals[0].reason if refusals else None


def test_the_bounds_lie_around_the_time_of_receipt() -> None:
    assert Bounds(NOW_US - 30 * 86_400_000_000, NOW_US - 600_000_000, NOW_US + 300_000_000) == ACCEPTED


@pytest.mark.parametrize(
    ("age_s", "late"), [(-300, False), (0, False), (600, False), (600.000001, True), (86_400, True)]
)
def test_what_comes_long_after_its_instant_is_late(age_s: float, late: object) -> None:
    readings, _ = validate([Sample(NOW_US - round(age_s * 1e6), "a", 1.0, "N")], POINTS, ACCEPTED)
    assert [reading.late for reading in readings] == [late]


def test_what_holds_becomes_a_reading_of_its_point() -> None:
    samples = [Sample(NOW_US, "t", -1.5, "n"), Sample(NOW_US - 1, "a", 3.0, "M")]
    assert validate(samples, POINTS, ACCEPTED) == (
        [Reading(8, NOW_US, -1.5, "n"), Reading(7, NOW_US - 1, 3.0, "M")],
        [],
    )


@pytest.mark.parametrize(
    ("ts_us", "reason"),
    [
        (ACCEPTED.earliest_us, None),
        (ACCEPTED.earliest_us - 1, Reason.TOO_OLD),
        (ACCEPTED.latest_us, None),
        (ACCEPTED.latest_us + 1, Reason.FUTURE),
        (0, Reason.TOO_OLD),
        (NOW_US // 1000, Reason.TOO_OLD),
        (NOW_US * 1000, Reason.FUTURE),
        (10**40, Reason.FUTURE),
        (-(10**40), Reason.TOO_OLD),
    ],
)
def test_the_clock_binds(ts_us: int, reason: Reason | None) -> None:
    assert reason_of(Sample(ts_us, "a", 1.0, "N")) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0.0, None),
        (-0.0, None),
        (100.0, None),
        (math.nextafter(100.0, 101.0), Reason.OUT_OF_RANGE),
        (-1e-9, Reason.OUT_OF_RANGE),
        (1e300, Reason.OUT_OF_RANGE),
        (math.nan, Reason.OUT_OF_RANGE),
        (math.inf, Reason.OUT_OF_RANGE),
    ],
)
def test_the_range_of_the_point_binds(value: float, reason: Reason | None) -> None:
    assert reason_of(Sample(NOW_US, "a", value, "N")) == reason


@pytest.mark.parametrize("mark", [*(mark.value for mark in Mark), "n"])
def test_only_a_value_marked_above_range_may_leave_it(mark: str) -> None:
    expected = None if mark == Mark.ABOVE_RANGE.value else Reason.OUT_OF_RANGE
    assert reason_of(Sample(NOW_US, "a", 101.0, mark)) == expected


def test_a_factor_not_registered_is_refused_by_name() -> None:
    readings, refusals = validate([Sample(NOW_US, "zzz", 1.0, "N")], POINTS, ACCEPTED)
    assert readings == []
    assert refusals[0].reason is Reason.UNKNOWN_POINT
    assert "zzz" in refusals[0].detail


@given(
    st.lists(
        st.builds(
            Sample,
            st.integers() | st.integers(ACCEPTED.earliest_us, ACCEPTED.latest_us),
            st.sampled_from(["a", "t", "x"]),
            st.floats(),
            st.sampled_from("NnMTD"),
        )
    )
)
def test_each_sample_is_a_reading_or_a_refusal(samples: list[Sample]) -> None:
    readings, refusals = validate(samples, POINTS, ACCEPTED)
    assert len(readings) + len(refusals) == len(samples)
    for reading in readings:
        assert ACCEPTED.earliest_us <= reading.ts_us <= ACCEPTED.latest_us
        known = next(known for known in POINTS.values() if known.point_id == reading.point_id)
        assert reading.mark == "T" or known.low <= reading.value <= known.high
