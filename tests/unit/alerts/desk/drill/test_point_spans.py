from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.desk.drill import spans
from alerts.desk.drill.spans import MOST_DAYS, Span, SpanError
from schemas.catalog.enums import Basis
from schemas.times import DAY, HOUR, day_of, day_start, next_month

TODAY = date(2026, 11, 24)
BASES = st.sampled_from([Basis.HOUR, Basis.DAY, Basis.MONTH])


@st.composite
def spanned(draw: st.DrawFn) -> Span:
    basis = draw(BASES)
    first = draw(st.dates(date(2005, 1, 1), date(2060, 1, 1)))
    return spans.checked(Span(basis, first, first + draw(st.integers(0, min(900, MOST_DAYS[basis] - 1))) * DAY))


def days(basis: str, first: str, last: str) -> Span:
    return Span(Basis(basis), date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("query", "span", "sentence"),
    [
        ({}, days("hour", "2026-11-22", "2026-11-24"), "three days of hours stand where nothing is asked for"),
        ({"basis": "day"}, days("day", "2026-10-25", "2026-11-24"), "a month of days"),
        ({"basis": "month"}, days("month", "2025-11-01", "2026-11-30"), "whole months"),
        ({"from": "2026-11-20", "to": "2026-11-20"}, days("hour", "2026-11-20", "2026-11-20"), "both days are included"),
        ({"from": "2026-11-23"}, days("hour", "2026-11-23", "2026-11-24"), "without an end it reaches to today"),
        ({"from": "2026-01-01"}, days("hour", "2026-01-01", "2026-01-03"), "or is as long as usual"),
        ({"to": "2026-03-02"}, days("hour", "2026-02-28", "2026-03-02"), "without a beginning it is as long as usual"),
        ({"basis": "", "from": "", "to": ""}, days("hour", "2026-11-22", "2026-11-24"), "empty fields say nothing"),
        ({"basis": "month", "from": "2024-02-05", "to": "2024-02-06"}, days("month", "2024-02-01", "2024-02-29"), "leap year"),
    ],
)  # fmt: skip
def test_an_address_says_what_is_shown(query: dict[str, str], span: Span, sentence: str) -> None:
    assert spans.read(query, TODAY) == span, sentence


@pytest.mark.parametrize(
    ("query", "field", "mend"),
    [
        ({"basis": "week"}, "basis", "hour"),
        ({"from": "yesterday"}, "from", "2026-11-22"),
        ({"from": "2026-02-30"}, "from", "2026-11-22"),
        ({"to": "20261124"}, "to", "2026-11-22"),
        ({"to": "2026-W47-2"}, "to", "2026-11-22"),
        ({"to": "２０２６-11-24"}, "to", "2026-11-22"),
        ({"from": "0001-01-01"}, "from", "2000"),
        ({"to": "9999-12-31"}, "to", "2099"),
        ({"from": "2026-11-24", "to": "2026-11-23"}, "from", "不晚于 to"),
        ({"from": "2026-08-24", "to": "2026-11-24"}, "from", "92"),
        ({"basis": "day", "from": "2020-11-01", "to": "2026-12-31"}, "from", "6 年"),
        ({"from": "<script>" * 20}, "from", "2026-11-22"),
    ],
)
def test_wrong_input_names_its_field_and_what_mends_it(query: dict[str, str], field: str, mend: str) -> None:
    with pytest.raises(SpanError) as caught:
        spans.read(query, TODAY)
    assert field in caught.value.sentence
    assert mend in caught.value.mend
    assert len(caught.value.sentence) < 120


def test_ninety_two_days_of_hours_and_six_years_of_days_are_the_most() -> None:
    assert spans.read({"from": "2026-08-25", "to": "2026-11-24"}, TODAY).days == 92
    assert spans.read({"basis": "day", "from": "2020-11-25", "to": "2026-11-24"}, TODAY).days == 2191


@given(spanned())
def test_windows_follow_each_other_without_gaps_over_the_whole_span(span: Span) -> None:
    windows = span.windows()
    assert windows[0][0] == span.since == day_start(span.first)
    assert windows[-1][1] == span.until == day_start(span.last + DAY)
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    assert len(windows) == {Basis.HOUR: 24 * span.days, Basis.DAY: span.days}.get(span.basis, len(windows))


@given(spanned(), st.integers(-2, 2))
def test_the_next_span_touches_this_one_and_leads_back_to_it(span: Span, by: int) -> None:
    shifted = span.shifted(1)
    assert shifted.since == span.until
    whole = span.first.day == 1 and span.last + DAY == next_month(span.last)
    if span.basis is not Basis.MONTH and (span.is_month or not whole):
        assert span.shifted(by).shifted(-by) == span
    if span.basis is Basis.MONTH:
        assert span.shifted(1).shifted(-1) == span


def test_a_whole_month_is_followed_by_the_next_whole_month() -> None:
    assert days("hour", "2026-01-01", "2026-01-31").shifted(1) == days("hour", "2026-02-01", "2026-02-28")
    assert days("day", "2026-03-01", "2026-03-31").shifted(-1) == days("day", "2026-02-01", "2026-02-28")


@given(spanned(), BASES)
def test_whatever_another_basis_shows_may_be_asked_for(span: Span, basis: Basis) -> None:
    shown = spans.switched(span, basis, TODAY)
    assert shown.basis is basis
    assert spans.checked(shown) == shown


@pytest.mark.parametrize("basis", [Basis.HOUR, Basis.DAY, Basis.MONTH])
@given(today=st.dates(date(2010, 1, 1), date(2080, 1, 1)))
def test_every_preset_may_be_asked_for_and_holds_today(basis: Basis, today: date) -> None:
    for _, shown in spans.presets(basis, today):
        assert spans.read(dict(parse_qsl(shown.query)), today) == shown
        assert shown.first <= today <= shown.last


@given(spanned())
def test_an_address_leads_back_to_its_span(span: Span) -> None:
    address = urlsplit(spans.point_path(("a b", "ü/?", "w01018"), span))
    assert address.path == "/desk/point/a%20b/%C3%BC%2F%3F/w01018"
    assert spans.read(dict(parse_qsl(address.query)), TODAY) == span


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is given
def test_an_hour_is_read_as_it_is_written(at: datetime) -> None:
    start = at.replace(minute=0, second=0, microsecond=0)
    assert spans.hour(spans.hour_name(start)) == start
    one = spans.one_hour(start)
    assert one.windows() == [(start, start + HOUR)] == [(one.since, one.until)]
    assert one.first == day_of(start)


@pytest.mark.parametrize(
    "text", ["2026-11-22", "2026-11-22T24", "2026-11-22T8", "2026-13-22T08", "2026-11-22T08:00", "", "x" * 300]
)
def test_what_is_no_hour_says_how_one_is_written(text: str) -> None:
    with pytest.raises(SpanError, match="写法不对") as caught:
        spans.hour(text)
    assert "2026-11-22T08" in caught.value.mend
