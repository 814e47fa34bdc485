from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import DAY, SHANGHAI, day_of, day_start, from_us, hour_of, month_start, next_month, to_us

INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(date(1900, 1, 2), date(2200, 1, 1))


def test_microseconds_count_from_1970() -> None:
    assert to_us(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_us(datetime(1970, 1, 1, 8, tzinfo=SHANGHAI)) == 0
    assert to_us(datetime(2024, 11, 22, 2, 30, 0, 1, tzinfo=UTC)) == 1_732_242_600_000_001
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


@given(INSTANTS)
def test_no_microsecond_is_lost(instant: datetime) -> None:
    assert from_us(to_us(instant)) == instant
    assert from_us(to_us(instant)).tzinfo is UTC


@given(INSTANTS, st.integers(-14 * 60, 14 * 60))
def test_the_offset_does_not_move_an_instant(instant: datetime, minutes: int) -> None:
    assert to_us(instant.astimezone(timezone(timedelta(minutes=minutes)))) == to_us(instant)


@given(INSTANTS)
def test_an_hour_holds_its_instants(instant: datetime) -> None:
    hour = hour_of(instant)
    assert hour <= instant < hour + timedelta(hours=1)
    assert to_us(hour) % 3_600_000_000 == 0
    assert hour == hour_of(instant.astimezone(SHANGHAI))


@given(INSTANTS)
def test_a_day_holds_its_instants(instant: datetime) -> None:
    start = day_start(day_of(instant))
    assert start <= instant < start + DAY


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 2, 28, 15, 59, 59, 999_999, tzinfo=UTC), date(2026, 2, 28)),
        (datetime(2026, 2, 28, 16, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2025, 12, 31, 16, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 0, tzinfo=SHANGHAI), date(2026, 1, 1)),
    ],
)
def test_days_are_those_of_shanghai(instant: datetime, day: date) -> None:
    assert day_of(instant) == day


def test_a_day_begins_at_16_utc_the_day_before() -> None:
    start = day_start(date(2026, 3, 1))
    assert start == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert start.tzinfo is UTC


@given(DAYS)
def test_days_follow_each_other_without_a_gap(day: date) -> None:
    assert day_start(day + DAY) - day_start(day) == DAY
    assert day_of(day_start(day)) == day


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2024, 2, 29), date(2024, 3, 1)),
        (date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_the_next_month(day: date, following: date) -> None:
    assert next_month(day) == following


@given(DAYS)
def test_a_month_holds_its_days(day: date) -> None:
    assert month_start(day) <= day < next_month(day)
    assert month_start(day).day == next_month(day).day == 1
    assert 28 <= (next_month(day) - month_start(day)).days <= 31
