from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from alerts.reports.paper import Kind
from alerts.reports.period import covers, days_of, span_of
from schemas.errors import UseError

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("kind", "period", "first", "last"),
    [
        (Kind.DAY, "2026-11-20", date(2026, 11, 20), date(2026, 11, 20)),
        (Kind.MONTH, "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        (Kind.PUBLICITY, "2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        (Kind.BUDGETS, "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_report_covers_a_calendar_day_or_month(kind: Kind, period: str, first: date, last: date) -> None:
    assert covers(kind, period) == (first, last)


@pytest.mark.parametrize(
    ("kind", "period"),
    [
        (Kind.DAY, "2026-11"), (Kind.MONTH, "2026-11-20"), (Kind.MONTH, "2026"), (Kind.MONTH, "2026Q4 "), (Kind.RATES, "2026-13"),
        (Kind.DAY, "2026-02-30"), (Kind.DAY, ""), (Kind.DAY, "2026-11-2x"), (Kind.MONTH, "0000-01"), (Kind.DAY, "\uff12026-11-20"[:10]),
    ],
)  # fmt: skip
def test_what_is_no_period_of_that_kind_is_refused(kind: Kind, period: str) -> None:
    with pytest.raises(UseError):
        covers(kind, period)


@pytest.mark.parametrize("period", ["9999-12", "0001-01", "1999", "2100Q1"])
def test_a_year_out_of_the_way_is_refused_not_a_crash(period: str) -> None:
    with pytest.raises(UseError):
        days_of(period)


def test_a_day_is_over_when_the_next_one_has_begun_in_shanghai() -> None:
    assert span_of(Kind.DAY, "2026-11-22", TODAY).last == date(2026, 11, 22)
    with pytest.raises(UseError):
        span_of(Kind.DAY, "2026-11-23", TODAY)


@pytest.mark.parametrize("kind", [Kind.BUDGETS, Kind.RATES, Kind.EXCEEDANCES, Kind.HANDLING])
def test_a_ledger_of_the_running_month_ends_yesterday(kind: Kind) -> None:
    span = span_of(kind, "2026-11", TODAY)
    assert (span.first, span.last, span.running) == (date(2026, 11, 1), date(2026, 11, 22), True)


@pytest.mark.parametrize("kind", [Kind.MONTH, Kind.PUBLICITY])
def test_a_month_that_runs_has_no_month_report_and_nothing_to_publish(kind: Kind) -> None:
    with pytest.raises(UseError):
        span_of(kind, "2026-11", TODAY)


def test_on_the_first_of_a_month_nothing_of_it_is_known() -> None:
    with pytest.raises(UseError):
        span_of(Kind.RATES, "2026-11", date(2026, 11, 1))


def test_a_span_is_of_shanghai_days() -> None:
    span = span_of(Kind.DAY, "2026-11-20", TODAY)
    assert span.since == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert span.until == datetime(2026, 11, 20, 16, tzinfo=UTC)
