from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.calendar import RULE, check_verdicts
from schemas.catalog.enums import CheckKind, Fuel, Medium, Outcome, SiteKind
from schemas.registry.model import Boiler, Check, Site
from schemas.times import day_of, day_start

if TYPE_CHECKING:
    from schemas.records import Verdict

DONE, DUE = date(2025, 9, 10), date(2026, 9, 10)
SAFETY = CheckKind.SAFETY


def check(done: date = DONE, due: date = DUE, result: str = "passed", kind: CheckKind = SAFETY) -> Check:
    return Check.model_validate(
        {"kind": kind, "done": done, "result": result, "next_due": due, "body": "示例特种设备检验所"}
    )


def boiler(*checks: Check) -> Boiler:
    return Boiler(
        id="B1", name="1号锅炉", device="dcs", fuel=Fuel.COAL, medium=Medium.SATURATED_STEAM, rated=10,
        manufactured=date(2021, 3, 15), lhv=20934, checks=list(checks),
    )  # fmt: skip


SITE = Site(id="site", name="示例", kind=SiteKind.BOILER_HOUSE, town="便江街道", lead_bureau="mkt")


def safety(today: date, *checks: Check) -> list[Verdict]:
    return [one for one in check_verdicts(SITE, boiler(*checks), today) if one.subject == "site/B1/safety"]


def said(one: Verdict) -> tuple[date, str, str | None, str | None]:
    return day_of(one.window_start), one.outcome.value, one.body.get("kind"), one.body.get("level")  # type: ignore[return-value]


PASSED = (DONE, "compliant", None, None)
SOON = (date(2026, 8, 11), "exceeding", "due_soon", "blue")
LATE = (date(2026, 9, 11), "exceeding", "overdue", "yellow")
GRAVE = (date(2026, 10, 11), "exceeding", "overdue", "orange")


@pytest.mark.parametrize(
    ("today", "expected", "sentence"),
    [
        (date(2026, 8, 10), [PASSED], "31 days before it falls due"),
        (date(2026, 8, 11), [PASSED, SOON], "30 days before one is reminded"),
        (date(2026, 9, 10), [PASSED, SOON], "on the day it is still in time"),
        (date(2026, 9, 11), [PASSED, SOON, LATE], "the day after it is overdue"),
        (date(2026, 10, 10), [PASSED, SOON, LATE], "30 days overdue"),
        (date(2026, 10, 11), [PASSED, SOON, LATE, GRAVE], "31 days overdue"),
        (date(2027, 10, 11), [PASSED, SOON, LATE, GRAVE], "and so it stays"),
    ],
)
def test_the_file_speaks_by_the_calendar(
    today: date, expected: list[tuple[date, str, str | None, str | None]], sentence: str
) -> None:
    assert [said(one) for one in safety(today, check())] == expected, sentence


def test_a_check_passed_late_ends_what_was_overdue_and_what_would_have_come() -> None:
    again = check(date(2026, 9, 20), date(2027, 9, 10))
    assert [said(one) for one in safety(date(2026, 12, 1), check(), again)] == [
        PASSED, SOON, LATE, (date(2026, 9, 20), "compliant", None, None),
    ]  # fmt: skip


def test_a_check_passed_in_time_leaves_no_trace_of_overdue() -> None:
    again = check(date(2026, 8, 1), date(2027, 8, 1))
    assert [one[1] for one in map(said, safety(date(2026, 12, 1), check(), again))] == ["compliant", "compliant"]


def test_a_failed_check_stands_until_one_is_passed() -> None:
    failed = check(date(2026, 8, 1), date(2027, 8, 1), "failed")
    expected = [PASSED, (date(2026, 8, 1), "exceeding", "failed", "orange")]
    assert [said(one) for one in safety(date(2026, 12, 1), check(), failed)] == expected
    passed = check(date(2026, 8, 20), date(2027, 8, 1))
    assert [said(one) for one in safety(date(2026, 12, 1), check(), failed, passed)] == [
        *expected, (date(2026, 8, 20), "compliant", None, None),
    ]  # fmt: skip


def test_of_two_checks_on_one_day_the_later_line_stands() -> None:
    (one,) = safety(date(2025, 10, 1), check(result="failed"), check())
    assert one.outcome is Outcome.COMPLIANT


def test_an_empty_file_is_never_compliant() -> None:
    found = check_verdicts(SITE, boiler(), date(2026, 6, 1))
    assert [one.subject for one in found] == ["site/B1/safety", "site/B1/efficiency", "site/B1/emission"]
    assert {one.outcome for one in found} == {Outcome.NOT_JUDGEABLE}
    assert {one.body["why"] for one in found} == {"档案缺失"}
    assert {one.window_start for one in found} == {day_start(date(2021, 3, 15))}
    assert {one.rule for one in found} == {RULE}


def test_each_kind_of_check_has_its_own_page() -> None:
    found = check_verdicts(SITE, boiler(check()), date(2026, 6, 1))
    assert [one.outcome for one in found] == [Outcome.COMPLIANT, Outcome.NOT_JUDGEABLE, Outcome.NOT_JUDGEABLE]


def test_a_monthly_check_is_not_always_about_to_fall_due() -> None:
    monthly = check(date(2026, 6, 1), date(2026, 7, 1))
    assert [said(one)[0] for one in safety(date(2026, 6, 30), monthly)] == [date(2026, 6, 1), date(2026, 6, 24)]


def test_it_names_the_day_by_which_it_is_due_and_the_task() -> None:
    late = safety(date(2026, 9, 12), check())[-1]
    assert late.body["due"] == "2026-09-10"
    assert late.body["note"] == "安全检验已逾期"
    assert "（十三）" in str(late.body["clause"])


def test_a_check_counts_from_the_day_it_was_done() -> None:
    again = check(date(2026, 9, 20), date(2027, 9, 10))
    assert safety(date(2026, 9, 20), check(), again)[-1].outcome is Outcome.COMPLIANT


def test_what_is_entered_ahead_does_not_count_yet() -> None:
    ahead = check(date(2026, 11, 1), date(2027, 11, 1))
    assert [said(one) for one in safety(date(2026, 10, 11), check(), ahead)] == [PASSED, SOON, LATE, GRAVE]


DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 12, 31))
CHECKS = st.lists(
    st.builds(
        lambda done, ahead, result: check(done, done + timedelta(days=ahead), result),
        DAYS, st.integers(min_value=0, max_value=800), st.sampled_from(["passed", "failed"]),
    ),
    max_size=6,
)  # fmt: skip


@given(CHECKS, DAYS)
def test_windows_follow_each_other_without_gap_and_do_not_move_when_a_day_passes(
    checks: list[Check], today: date
) -> None:
    found, later = safety(today, *checks), safety(today + timedelta(days=1), *checks)
    assert all(before.window_end == after.window_start for before, after in pairwise(found))
    assert all(one.window_start < one.window_end for one in found)
    assert found[-1].window_end == day_start(today + timedelta(days=1))
    judged = [one for one in found if one.outcome is not Outcome.NOT_JUDGEABLE]
    kept = {(one.window_start, one.outcome): one.body for one in later}
    assert all(kept[one.window_start, one.outcome] == one.body for one in judged)
