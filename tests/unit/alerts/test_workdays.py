"""China's working days: what was announced, what is worked in lieu, and what is said of years nobody has announced."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.workdays import add_workdays, is_holiday, is_workday, known
from schemas.times import SHANGHAI

DAYS = [
    (date(2026, 11, 23), True, "an ordinary Monday"),
    (date(2026, 11, 22), False, "an ordinary Sunday"),
    (date(2026, 10, 1), False, "National Day on a Thursday"),
    (date(2026, 10, 10), True, "a Saturday worked in lieu after National Day"),
    (date(2026, 2, 14), True, "the Saturday worked in lieu before the Spring Festival"),
    (date(2026, 2, 16), False, "New Year's Eve of the lunar year, a Monday"),
    (date(2020, 1, 31), False, "the Spring Festival as it was lengthened in 2020"),
    (date(2099, 10, 1), True, "nobody has announced 2099: a Thursday is worked"),
    (date(2099, 10, 3), False, "and a Saturday is not"),
    (date(1999, 10, 1), True, "nor does the library know what was before 2004"),
]


@pytest.mark.parametrize(("day", "worked", "why"), DAYS)
def test_a_day_is_worked_as_announced(day: date, *, worked: bool, why: str) -> None:
    assert is_workday(day) is worked, why
    assert is_holiday(day) is not worked, why


@pytest.mark.parametrize(("year", "said"), [(1999, False), (2004, True), (2026, True), (2099, False)])
def test_what_was_not_announced_is_said_to_be_unknown(year: int, *, said: bool) -> None:
    assert known(date(year, 6, 1)) is said


SPANS = [
    ("2026-11-23T10:00", 5, "2026-11-30T10:00", "a Monday's five days end on the next Monday"),
    ("2026-11-21T10:00", 1, "2026-11-23T10:00", "from a Saturday the first day is Monday"),
    ("2026-09-30T16:00", 1, "2026-10-08T16:00", "over National Day it is eight days"),
    ("2026-10-09T16:00", 1, "2026-10-10T16:00", "a Saturday worked in lieu counts"),
    ("2026-11-23T00:30", 1, "2026-11-24T00:30", "the day is Beijing's, not UTC's"),
    ("2026-11-21T10:00", 0, "2026-11-21T10:00", "no days are no time"),
]


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("since", "n", "until", "why"), SPANS)
def test_working_days_are_counted_from_the_day_after(since: str, n: int, until: str, why: str) -> None:
    found = add_workdays(beijing(since), n)

    assert found == beijing(until), why
    assert found.tzinfo is UTC or not n, why


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        add_workdays(beijing("2026-11-23T10:00"), -1)


@given(
    since=st.datetimes(datetime(2003, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds it
    n=st.integers(1, 30),
)
def test_between_lie_so_many_working_days_and_the_last_is_one(since: datetime, n: int) -> None:
    first, last = since.astimezone(SHANGHAI), add_workdays(since, n).astimezone(SHANGHAI)
    days = [first.date() + timedelta(days=k) for k in range(1, (last.date() - first.date()).days + 1)]

    assert sum(map(is_workday, days)) == n
    assert is_workday(days[-1])
    assert last.time() == first.time()
