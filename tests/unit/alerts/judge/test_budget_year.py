from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.judge.budget import HOUSE, Bands, Target, judge_month, judge_year
from alerts.judge.forecast import Plan
from alerts.judge.verdict import Judged
from schemas.catalog.enums import ElectricityBasis, Level, Outcome
from schemas.records import Mean, Verdict
from schemas.registry.model import Budget
from schemas.times import day_start

# Bands: house reference 5.2, a convention (part II 7: no national text): 80 / 90 / 100 %, 5 / 10 % over plan-to-date.

Rows = list[tuple[date, Mean]]
NEW_YEAR = date(2026, 1, 1)
RANK: list[object] = [None, Level.BLUE.value, Level.YELLOW.value, Level.ORANGE.value, Level.RED.value]


def mean(value: float | None, *, valid: bool = True, marks: str = "N", whole: bool | None = None) -> Mean:
    n_valid = 2 if valid or whole or (whole is None and marks == "e") else 1
    return Mean(value=value, low=None, high=None, n_valid=n_valid, n_expected=2, valid=valid, marks=marks)


def estimated(value: float) -> Mean:
    return mean(value, valid=False, marks="e")


def rows(first: date, *means: Mean) -> Rows:
    return [(first + timedelta(days=n), one) for n, one in enumerate(means)]


def same(first: date, count: int, value: float, *, invalid: int = 0) -> Rows:
    return rows(first, *(mean(value, valid=n >= invalid) for n in range(count)))


def budget(annual: float = 3650.0, *, shares: list[float] | None = None, valid_from: date = date(2020, 1, 1)) -> Budget:
    return Budget(valid_from=valid_from, annual_tce=annual, electricity=ElectricityBasis.CALORIFIC, shares=shares)


HEATING = [0.15, 0.15, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.15]


JUNE_1 = date(2026, 6, 1)
JUNE = Judged(rule="energy_budget", subject="s/budget", point_id=3, basis="month", start=day_start(JUNE_1))


YEAR = Judged(rule="energy_year", subject="s/year", point_id=3, basis="year", start=day_start(NEW_YEAR))
TARGET = Target(
    annual=3650.0,
    unit="tce",
    task=12,
    standard="县用能预算",
    clause="（十二）",
    edition="2026",
    verified=True,
    limit_id="budget.s/year",
    extra={"electricity": "calorific"},
)


def target(annual: float, shares: tuple[float, ...] | None = None, since: date | None = None) -> Target:
    return msgspec.structs.replace(TARGET, annual=annual, shares=shares, since=since)


def nth(number: int, year: int = 2026) -> date:
    return date(year, 1, 1) + timedelta(days=number - 1)


def year(daily: float, count: int, against: Target = TARGET) -> Verdict:
    return judge_year(YEAR, same(NEW_YEAR, count, daily), against, nth(count))


@pytest.mark.parametrize(
    ("daily", "count", "kind", "level"),
    [
        (10.0, 31, None, None),
        (10.0, 161, None, None),
        (10.01, 161, "projected", "orange"),
        (9.0, 324, None, None),  # 2916 < 2920 = 80 %
        (9.0, 325, "notice", "blue"),  # 2925
        (9.5, 345, "notice", "blue"),  # 3277.5 < 3285 = 90 %
        (9.5, 346, "warn", "yellow"),  # 3287
        (9.0, 365, "warn", "yellow"),  # 3285 is 90 % exactly
        (10.0, 365, "warn", "yellow"),  # all of it, and no more
        (10.1, 361, "projected", "orange"),  # 3646.1
        (10.1, 362, "over", "red"),  # 3656.2
    ],
)
def test_a_year_against_its_bands(daily: float, count: int, kind: str | None, level: str | None) -> None:
    verdict = year(daily, count)
    assert verdict.outcome is (Outcome.EXCEEDING if kind else Outcome.COMPLIANT)
    assert (verdict.body.get("kind"), verdict.body.get("level")) == (kind, level)
    assert verdict.value == verdict.body["used"] == pytest.approx(daily * count)
    assert verdict.body["use_rate"] == pytest.approx(daily * count / 3650)
    assert verdict.body["projected"] == pytest.approx(daily * 365)
    assert verdict.body["plan_to_date"] == pytest.approx(10.0 * count)


@pytest.mark.parametrize(
    ("daily", "count", "kind"),
    [
        (20.0, 30, None),  # 30 January: 200 % of the pace, and nobody says so
        (20.0, 31, "projected"),
        (100.0, 30, "notice"),  # 3000 = 82 %: that stands in figures
        (110.0, 30, "warn"),
        (130.0, 30, "over"),
        (1.0, 1, None),
    ],
)
def test_before_31_january_only_absolute_rules_speak(daily: float, count: int, kind: str | None) -> None:
    # House reference 5.2: suppress the projection before 31 January.
    verdict = year(daily, count)
    assert verdict.body.get("kind") == kind
    assert verdict.outcome is (Outcome.EXCEEDING if kind else Outcome.NOT_JUDGEABLE)
    thin = count < 31
    assert ("projected" in verdict.body) is not thin
    assert ("数据不足" in str(verdict.body.get("note" if kind else "why"))) is thin


@pytest.mark.parametrize(("lacking", "judged"), [(10, True), (11, False)])
def test_nine_tenths_of_the_days_must_be_known(lacking: int, *, judged: bool) -> None:
    # House reference 5.2: … or when < 90 % of the data are present: of 100 days at most 10 may lack.
    days = [row for n, row in enumerate(same(NEW_YEAR, 100, 12.0)) if n % 9 or n // 9 >= lacking]
    assert len(days) == 100 - lacking
    verdict = judge_year(YEAR, days, TARGET, nth(100))
    assert verdict.outcome is (Outcome.EXCEEDING if judged else Outcome.NOT_JUDGEABLE)
    assert verdict.body["n_known"] == 100 - lacking
    assert verdict.body.get("n_filled") == (lacking if judged else None)


def test_missing_days_are_filled_for_the_projection_alone() -> None:
    days = [row for n, row in enumerate(same(NEW_YEAR, 100, 10.0)) if n not in {50, 51}]
    verdict = judge_year(YEAR, days, TARGET, nth(100))
    assert verdict.value == verdict.body["used"] == pytest.approx(980.0)
    assert (verdict.body["filled"], verdict.body["n_filled"]) == (pytest.approx(20.0), 2)
    assert verdict.body["projected"] == pytest.approx(3650.0)


@pytest.mark.parametrize(("amount", "level"), [(60.0, None), (100.0, "blue"), (200.0, "yellow"), (4000.0, "yellow")])
def test_an_amount_nobody_vouches_for_warns_and_never_convicts(amount: float, level: str | None) -> None:
    # 99 × 9.9 + 100 = 1080.1 is 8 % over the plan of 1000, + 200 is 18 %; the projection leaves the day aside: 3613.5.
    days = rows(NEW_YEAR, *[mean(9.9)] * 50, mean(amount, valid=False), *[mean(9.9)] * 49)
    verdict = judge_year(YEAR, days, TARGET, nth(100))
    assert verdict.body.get("level") == level
    assert verdict.body["certain"] == pytest.approx(99 * 9.9)
    assert verdict.body["projected"] == pytest.approx(3613.5)


def test_a_gap_over_new_year_is_not_held_against_the_year() -> None:
    days = rows(NEW_YEAR, *[estimated(2000.0)] * 2, *[mean(9.0)] * 38)
    verdict = judge_year(YEAR, days, TARGET, nth(40))
    assert verdict.body["certain"] == pytest.approx(342.0)
    assert verdict.body["estimated"] == pytest.approx(4000.0)
    assert (verdict.body["projected"], verdict.body["level"]) == (pytest.approx(3285.0), "yellow")


def test_a_leap_year_has_366_days() -> None:
    start = date(2024, 1, 1)
    verdict = judge_year(YEAR, same(start, 60, 10.0), target(3660.0), date(2024, 2, 29))
    assert verdict.outcome is Outcome.COMPLIANT
    assert (verdict.body["plan_to_date"], verdict.body["projected"]) == (pytest.approx(600.0), pytest.approx(3660.0))
    assert (verdict.window_start, verdict.window_end) == (
        datetime(2023, 12, 31, 16, tzinfo=UTC),
        datetime(2024, 12, 31, 16, tzinfo=UTC),
    )
    # February is planned by 29 days: 0.1 + 0.29 × 15/29 = 0.25 of the year by the 15th.
    shares = (0.1, 0.29, *[0.061] * 10)
    assert Plan(1.0, start, date(2024, 12, 31), shares).share(date(2024, 2, 15)) == pytest.approx(0.25)


def test_shares_tell_a_winter_from_a_year() -> None:
    # January holds 15 % of the plan: 150 of 1000 is on course, though its run-rate is 150 / 31 × 365 = 1766.
    verdict = year(150 / 31, 31, target(1000.0, tuple(HEATING)))
    assert verdict.outcome is Outcome.COMPLIANT
    projections = verdict.body["projections"]
    assert isinstance(projections, dict)
    assert projections["run_rate"]["value"] == pytest.approx(1766.129, abs=1e-3)
    assert projections["seasonal"]["value"] == projections["budget_pace"]["value"] == pytest.approx(1000.0)
    assert (verdict.body["projected"], verdict.body["plan_to_date"]) == (pytest.approx(1000.0), pytest.approx(150.0))


def test_without_shares_there_is_no_seasonal_projection() -> None:
    projections = year(9.0, 100).body["projections"]
    assert isinstance(projections, dict)
    assert projections["seasonal"] is None
    assert projections["budget_pace"]["value"] == pytest.approx(projections["run_rate"]["value"])


def test_a_budget_that_begins_in_july_counts_from_there() -> None:
    against = target(1840.0, since=date(2026, 7, 1))
    days = same(NEW_YEAR, 181, 1000.0) + same(date(2026, 7, 1), 31, 10.0)
    verdict = judge_year(YEAR, days, against, date(2026, 7, 31))
    assert verdict.outcome is Outcome.COMPLIANT
    assert verdict.value == pytest.approx(310.0)
    assert (verdict.body["plan_to_date"], verdict.body["projected"]) == (pytest.approx(310.0), pytest.approx(1840.0))
    assert verdict.window_start == datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert judge_year(YEAR, days, against, date(2026, 7, 30)).outcome is Outcome.NOT_JUDGEABLE
    early = judge_year(YEAR, days, against, date(2026, 6, 30))
    assert (early.outcome, early.body["why"]) == (Outcome.NOT_JUDGEABLE, "预算或限值尚未生效")
    # One that began in an earlier year is a whole year's.
    assert year(10.0, 100, target(3650.0, since=date(2020, 7, 1))).value == pytest.approx(1000.0)


def test_a_verdict_says_what_it_was_held_against_and_can_be_kept() -> None:
    cap = Target(
        annual=200_000.0,
        unit="tce",
        task=2,
        standard="永兴县节能减排实施方案",
        clause="能源消费总量",
        edition="2018",
        verified=False,
        limit_id="cap.energy",
        extra={"electricity": "equivalent"},
    )
    verdict = year(560.0, 100, cap)
    # 560 × 365 = 204 400 of 200 000 tce (task 2).
    assert (verdict.outcome, verdict.limit_value, verdict.limit_id) == (Outcome.EXCEEDING, 200_000.0, "cap.energy")
    assert verdict.body["multiple"] == pytest.approx(0.022)
    kept = json.loads(json.dumps(verdict.body, allow_nan=False))
    for name in ("unit", "task", "standard", "clause", "edition", "verified"):
        assert kept[name] == getattr(cap, name)
    assert (kept["electricity"], kept["through"]) == ("equivalent", "2026-04-10")
    assert "取中位数" in kept["method"]


def test_the_bands_are_arguments() -> None:
    # House reference 5.2 as it stands.
    assert (HOUSE.notice, HOUSE.warn, HOUSE.pace_notice, HOUSE.pace_warn, HOUSE.coverage) == (0.8, 0.9, 0.05, 0.1, 0.9)
    days = same(NEW_YEAR, 100, 9.0)
    assert judge_year(YEAR, days, TARGET, nth(100), Bands(notice=0.2)).body["level"] == "blue"
    assert judge_year(YEAR, days, TARGET, nth(100), Bands(warn=0.2)).body["level"] == "yellow"


DAY_KIND = st.sampled_from(["valid", "valid", "valid", "valid", "valid", "valid", "e", "invalid", "none"])


def made(amounts: list[tuple[str, int]]) -> Rows:
    return rows(
        NEW_YEAR,
        *(
            mean(None if kind == "none" else value / 8, valid=kind == "valid", marks="e" if kind == "e" else "N")
            for kind, value in amounts
        ),
    )


DAYS = st.lists(st.tuples(DAY_KIND, st.integers(0, 200)), min_size=1, max_size=80)
SHARES = st.sampled_from([None, tuple(HEATING)])


@settings(deadline=None)
@given(amounts=DAYS, shares=SHARES, data=st.data())
def test_the_verdict_does_not_depend_on_the_order_of_the_days(
    amounts: list[tuple[str, int]], shares: tuple[float, ...] | None, data: st.DataObject
) -> None:
    days = made(amounts)
    shuffled = data.draw(st.permutations(days))
    against, through = target(3650.0, shares), days[-1][0]
    assert judge_year(YEAR, shuffled, against, through) == judge_year(YEAR, days, against, through)
    assert judge_month(JUNE, shuffled, budget(), through) == judge_month(JUNE, days, budget(), through)


@settings(deadline=None)
@given(amounts=DAYS, shares=SHARES, more=st.dictionaries(st.integers(0, 79), st.integers(0, 4000), max_size=5))
def test_using_more_never_lowers_the_level(
    amounts: list[tuple[str, int]], shares: tuple[float, ...] | None, more: dict[int, int]
) -> None:
    risen = [(kind, value + more.get(n, 0)) for n, (kind, value) in enumerate(amounts)]
    against, through = target(800.0, shares), nth(len(amounts))
    before, after = (judge_year(YEAR, made(days), against, through) for days in (amounts, risen))
    assert RANK.index(after.body.get("level")) >= RANK.index(before.body.get("level"))
    first, second = (judge_month(JUNE, made(days), budget(), through) for days in (amounts, risen))
    assert RANK.index(second.body.get("level")) >= RANK.index(first.body.get("level"))


@settings(deadline=None)
@given(amounts=DAYS)
def test_silence_is_never_compliant(amounts: list[tuple[str, int]]) -> None:
    verdict = judge_year(YEAR, made(amounts), TARGET, nth(len(amounts)))
    known = verdict.body["n_known"]
    assert isinstance(known, int)
    if verdict.outcome is Outcome.COMPLIANT:
        assert known >= 0.9 * len(amounts)
        assert len(amounts) >= 31
    certain, used = verdict.body["certain"], verdict.body["used"]
    assert isinstance(certain, float)
    assert isinstance(used, float)
    assert certain <= used * (1 + 1e-12)
