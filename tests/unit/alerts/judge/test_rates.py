from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.rates import COUNTED_FACTORS, Rates, judge_rates, rates
from alerts.judge.verdict import Judged
from schemas.catalog.enums import Outcome
from schemas.records import Mean
from schemas.times import day_start

MONTH = Judged(rule="rate", subject="s/o", point_id=1, basis="month", start=day_start(date(2026, 2, 1)))


def day(received: int = 24, valid: int | None = None, *, late: int = 0, stopped: int = 0, checked: int = 0) -> Mean:
    n_valid = received if valid is None else valid
    return Mean(
        value=1.0, low=1.0, high=1.0, n_valid=n_valid, n_expected=24, valid=n_valid >= 18, marks="N",
        n_received=received, n_late=late, n_stopped=stopped, n_checked=checked,
    )  # fmt: skip


def test_23_of_24_with_one_hour_of_check_is_full() -> None:
    """House reference part II 6 (b): one hour a day of standard check leaves the denominator, 23/24 counts as full."""
    full = rates([day(24, 23, checked=1)] * 28, 28, prompt=False)
    assert full == Rates(23 * 28, 23 * 28, 23 * 28, 1.0, 1.0, 1.0)
    assert rates([day(24, 23)], 1, prompt=False).effective == pytest.approx(0.9583, abs=1e-4)


def test_the_product_of_both_rates() -> None:
    """传输有效率 = 传输率 x 有效率 (house reference 7.2)."""
    one = rates([day(20, 15)], 1, prompt=False)
    assert (one.due, one.transmitted, one.valid) == (24, 20, 15)
    assert (one.transmission, one.validity, one.effective) == (20 / 24, 0.75, 15 / 24)


def test_stopped_hours_leave_the_denominator() -> None:
    """House reference part II 6 (a): hours marked 停运 leave the denominator, whether or not values came in them."""
    assert rates([day(10, 10, stopped=14)], 1, prompt=False).effective == 1.0
    sent = rates([day(24, 10, stopped=14)], 1, prompt=False)
    assert (sent.due, sent.transmitted, sent.effective) == (10, 10, 1.0)


def test_days_without_a_row_were_due_in_full() -> None:
    one = rates([day()] * 27, 28, prompt=False)
    assert (one.due, one.transmitted, one.effective) == (28 * 24, 27 * 24, 27 / 28)
    assert rates([], 29, prompt=False) == Rates(29 * 24, 0, 0, 0.0, None, 0.0)


def test_what_came_late_counts_after_back_fill_only() -> None:
    """House reference part II 6: 即时 as first received, 补全 after back-fill."""
    days = [day(24, 24, late=6), day(24, 10, stopped=14, late=4)]
    assert rates(days, 2, prompt=False).effective == 1.0
    prompt = rates(days, 2, prompt=True)
    assert (prompt.due, prompt.transmitted, prompt.valid) == (34, 24, 24)


def test_a_period_of_standstill_has_no_rate() -> None:
    assert rates([day(0, 0, stopped=24)] * 28, 28, prompt=False) == Rates(0, 0, 0, None, None, None)
    assert rates([], 0, prompt=True).effective is None


def test_more_rows_than_days_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 daily rows"):
        rates([day(), day()], 1, prompt=False)


def test_the_counted_factors() -> None:
    assert {"w01018", "w21003", "w21011", "w21001", "a34013", "a21026", "a21002"} == COUNTED_FACTORS


DAYS = st.lists(
    st.builds(
        lambda received, valid, late, stopped, checked: day(
            received, min(valid, received), late=min(late, received), stopped=stopped, checked=checked
        ),
        *[st.integers(0, 24)] * 4,
        st.integers(0, 1),
    ),
    max_size=31,
)


@given(DAYS, st.integers(0, 5))
def test_rates_are_shares_and_late_values_never_raise_the_prompt_figure(days: list[Mean], missing: int) -> None:
    complete = rates(days, len(days) + missing, prompt=False)
    prompt = rates(reversed(days), len(days) + missing, prompt=True)
    for one in (complete, prompt):
        assert 0 <= one.valid <= one.transmitted <= one.due
        if one.transmission is not None and one.validity is not None:
            assert one.effective == pytest.approx(one.transmission * one.validity)
    assert prompt.valid <= complete.valid
    assert prompt.due == complete.due


def judged(valid: int, due: int = 1000, basis: str = "month") -> tuple[Outcome, object]:
    some = Rates(due, due, valid, 1.0, valid / due, valid / due)
    verdict = judge_rates(Judged(rule="rate", subject="s/o", point_id=1, basis=basis, start=MONTH.start), some, some)
    return verdict.outcome, verdict.body.get("level")


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        (1000, (Outcome.COMPLIANT, None)),
        (900, (Outcome.COMPLIANT, None)),
        (899, (Outcome.EXCEEDING, "yellow")),
        (750, (Outcome.EXCEEDING, "yellow")),
        (749, (Outcome.EXCEEDING, "orange")),
        (0, (Outcome.EXCEEDING, "orange")),
    ],
)
def test_the_target_is_90_percent_and_below_75_is_grave(valid: int, expected: tuple[Outcome, object]) -> None:
    """House reference part II 6: >= 90 % required; 8.1 RATE: < 90 % yellow, < 75 % orange."""
    assert judged(valid) == expected


def test_the_verdict_tells_both_figures_and_its_source() -> None:
    days = [day(24, 20, late=10)] * 28
    verdict = judge_rates(MONTH, rates(days, 28, prompt=False), rates(days, 28, prompt=True))
    assert verdict.value == pytest.approx(100 * 20 / 24)
    assert (verdict.outcome, verdict.limit_value, verdict.body["low"]) == (Outcome.EXCEEDING, 90.0, 90.0)
    assert (verdict.body["n_valid"], verdict.body["n_expected"]) == (560, 672)
    note = str(verdict.body["note"])
    assert "补全: 传输率 100.00%，有效率 83.33%，传输有效率 83.33%" in note
    assert "即时: 传输率 58.33%，有效率 71.43%，传输有效率 41.67%" in note
    assert verdict.body["verified"] is True
    for name in ("standard", "clause", "source"):
        assert verdict.body[name]


def test_the_window_is_the_month_or_quarter_of_shanghai() -> None:
    some = rates([day()] * 28, 28, prompt=False)
    verdict = judge_rates(MONTH, some, some)
    assert verdict.window_end == datetime(2026, 2, 28, 16, tzinfo=UTC)
    quarter = Judged(rule="rate", subject="s", point_id=1, basis="quarter", start=day_start(date(2026, 10, 1)))
    assert judge_rates(quarter, some, some).window_end == datetime(2026, 12, 31, 16, tzinfo=UTC)
    with pytest.raises(KeyError):
        judge_rates(Judged(rule="r", subject="s", point_id=1, basis="day", start=MONTH.start), some, some)


def test_a_standstill_is_not_judged() -> None:
    none = rates([day(0, 0, stopped=24)] * 28, 28, prompt=False)
    verdict = judge_rates(MONTH, none, none)
    assert (verdict.outcome, verdict.value) == (Outcome.NOT_JUDGEABLE, None)
    assert "全期停运" in str(verdict.body["why"])
