from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.rules import RULES_VERSION
from alerts.judge.verdict import Judged, Said, end_of, judge_limit, rounded
from schemas.catalog.enums import Outcome
from schemas.catalog.limits import in_force
from schemas.records import Limit, Mean
from schemas.times import day_start

DAY = date(2026, 6, 10)
OUTLET = Judged(rule="sewage_day", subject="s/o/f", point_id=1, basis="day", start=day_start(DAY))
BOILER = Judged(rule="boiler_efficiency", subject="s/b", point_id=2, basis="hour", start=day_start(DAY))


def limit(scope: str, factor: str, basis: str = "day") -> Limit:
    found = in_force(scope, factor, basis, day=DAY, built=date(2021, 1, 1))
    assert found is not None
    return found


COD = limit("GB18918-1A", "w01018")
PHOSPHORUS = limit("GB18918-1A", "w21011")
COAL = limit("boiler-coal", "yx_b_efficiency", "hour")


def mean(value: float | None, *, valid: bool = True, note: str = "") -> Mean:
    return Mean(
        value=value, low=value, high=value, n_valid=24 if valid else 9, n_expected=24, valid=valid, marks="N", note=note
    )


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (50.5, 0, 50.0),
        (51.5, 0, 52.0),
        (50.500001, 0, 51.0),
        (50.4999, 0, 50.0),
        (0.5, 0, 0.0),
        (1.5, 0, 2.0),
        (-0.5, 0, 0.0),
        (0.25, 1, 0.2),
        (0.35, 1, 0.4),
        (0.45, 1, 0.4),
        (0.55, 1, 0.6),
        (2.675, 2, 2.68),
        (1.005, 2, 1.0),
        (79.95, 1, 80.0),
        (79.85, 1, 79.8),
        (1e-12, 1, 0.0),
        (123456.0, 0, 123456.0),
    ],
)
def test_half_is_rounded_to_even_as_written(value: float, decimals: int, expected: float) -> None:
    assert rounded(value, decimals) == expected


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_rounding_moves_by_half_a_step_and_once(value: float, decimals: int) -> None:
    once = rounded(value, decimals)
    assert abs(once - value) <= 0.5 * 10**-decimals * (1 + 1e-6)
    assert rounded(once, decimals) == once


@pytest.mark.parametrize(
    ("value", "bound", "outcome", "multiple"),
    [
        (50.0, COD, Outcome.COMPLIANT, None),
        (50.5, COD, Outcome.COMPLIANT, None),
        (50.51, COD, Outcome.EXCEEDING, 0.01),
        (51.5, COD, Outcome.EXCEEDING, 0.03),
        (75.0, COD, Outcome.EXCEEDING, 0.5),
        (0.0, COD, Outcome.COMPLIANT, None),
        (0.55, PHOSPHORUS, Outcome.EXCEEDING, 0.1),
        (0.549, PHOSPHORUS, Outcome.COMPLIANT, None),
        (80.0, COAL, Outcome.COMPLIANT, None),
        (79.95, COAL, Outcome.COMPLIANT, None),
        (79.94, COAL, Outcome.EXCEEDING, 0.001),
        (60.0, COAL, Outcome.EXCEEDING, 0.25),
        (110.0, COAL, Outcome.COMPLIANT, None),
    ],
)
def test_a_value_against_its_limit(value: float, bound: Limit, outcome: Outcome, multiple: float | None) -> None:
    verdict = judge_limit(OUTLET, mean(value), bound)
    assert verdict.outcome is outcome
    assert verdict.body.get("multiple") == multiple
    assert verdict.value == value
    assert verdict.limit_value == (bound.high or bound.low)
    assert verdict.limit_id == bound.id


@pytest.mark.parametrize("value", [10.0, 500.0, None])
def test_what_is_invalid_is_never_judged(value: float | None) -> None:
    verdict = judge_limit(OUTLET, mean(value, valid=False), COD)
    assert verdict.outcome is Outcome.NOT_JUDGEABLE
    assert "9/24" in str(verdict.body["why"])
    assert "multiple" not in verdict.body


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_is_never_judged(value: float | None) -> None:
    assert judge_limit(OUTLET, mean(value), COD).outcome is Outcome.NOT_JUDGEABLE


def test_the_reason_is_that_of_the_mean() -> None:
    assert judge_limit(BOILER, mean(None, valid=False, note="停炉"), COAL).body["why"] == "停炉"


def test_a_verdict_says_what_it_stands_on() -> None:
    verdict = judge_limit(OUTLET, mean(60.0, note="流量加权"), COD, Said(note="温度缺失"))
    assert (verdict.rule, verdict.subject, verdict.point_id) == ("sewage_day", "s/o/f", 1)
    assert verdict.window_end - verdict.window_start == timedelta(days=1)
    expected = {
        "n_valid": 24,
        "n_expected": 24,
        "unit": "mg/L",
        "task": 26,
        "verified": True,
        "note": "流量加权；温度缺失",
        "ratio": 1.0,
        "rounded": 60.0,
        "source": COD.source,
        "rule_version": RULES_VERSION,
    }
    assert expected.items() <= verdict.body.items()
    assert (verdict.body["standard"], verdict.body["clause"]) == (COD.standard, COD.clause)


def test_an_hour_ends_after_an_hour() -> None:
    verdict = judge_limit(BOILER, mean(85.0), COAL)
    assert verdict.window_end - verdict.window_start == timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "outcome"), [(44.94, Outcome.COMPLIANT), (44.96, Outcome.EXCEEDING), (60.0, Outcome.EXCEEDING)]
)
def test_a_warning_is_given_from_a_share_of_the_limit_on(value: float, outcome: Outcome) -> None:
    """SEW-H: from 90 % of the daily limit, compared with one decimal more than the limit has."""
    verdict = judge_limit(OUTLET, mean(value), COD, Said(share=0.9))
    assert verdict.outcome is outcome
    assert verdict.limit_value == 50.0
    assert verdict.body.get("kind") == ("warning" if outcome is Outcome.EXCEEDING else None)
    assert verdict.body["share"] == 0.9, "what it was held against stands in every verdict"


PH = in_force("GB18918-1A", "w01001", "instant", day=DAY, built=date(2021, 1, 1))


@pytest.mark.parametrize(
    ("value", "outcome", "bound"),
    [
        (6.0, Outcome.COMPLIANT, 9.0),
        (5.96, Outcome.COMPLIANT, 6.0),
        (5.9, Outcome.EXCEEDING, 6.0),
        (9.0, Outcome.COMPLIANT, 9.0),
        (9.2, Outcome.EXCEEDING, 9.0),
    ],
)
def test_a_range_has_two_ends_and_an_instant_is_a_suspicion(value: float, outcome: Outcome, bound: float) -> None:
    """GB 18918-2002 table 1: pH 6-9; as an instantaneous limit since 2026-03-01 a breach is a suspicion 疑似."""
    assert PH is not None
    verdict = judge_limit(BOILER, mean(value), PH)
    assert (verdict.outcome, verdict.limit_value) == (outcome, bound)
    assert verdict.body.get("suspected", False) is (outcome is Outcome.EXCEEDING)


@pytest.mark.parametrize(("high", "suspected"), [(79.9, False), (80.0, True), (81.0, True)])
def test_an_efficiency_whose_band_holds_the_limit_is_a_suspicion(high: float, *, suspected: bool) -> None:
    eta = Mean(value=78.0, low=75.0, high=high, n_valid=60, n_expected=60, valid=True, marks="N")
    verdict = judge_limit(BOILER, eta, COAL, Said(band=True))
    assert verdict.outcome is Outcome.EXCEEDING
    assert verdict.body.get("suspected", False) is suspected
    # Without uncertainty low and high are merely the least and the greatest value.
    assert "suspected" not in judge_limit(BOILER, eta, COAL).body


@pytest.mark.parametrize(
    ("basis", "first", "after"),
    [
        ("day", date(2028, 2, 28), date(2028, 2, 29)),
        ("month", date(2028, 2, 1), date(2028, 3, 1)),
        ("quarter", date(2026, 10, 1), date(2027, 1, 1)),
        ("year", date(2028, 1, 1), date(2029, 1, 1)),
    ],
)
def test_windows_are_those_of_shanghai(basis: str, first: date, after: date) -> None:
    assert end_of(basis, day_start(first)) == day_start(after)
    assert end_of("hour", day_start(first)) == day_start(first) + timedelta(hours=1)
