"""Instants and the county's calendar. Pure: nobody asks the clock here.

Instants are aware datetimes in UTC, or whole microseconds since 1970 (``_us``) on the receiving path.
Days, months and years are those of Asia/Shanghai, which has had no summer time since 1991 (UTC+8 all year).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
US_PER_SECOND = 1_000_000
_US = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(instant: datetime) -> int:
    """Return whole microseconds since 1970 of an aware *instant*."""
    return (instant - _EPOCH) // _US


def from_us(us: int) -> datetime:
    """Return the UTC instant *us* microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=us)


def hour_of(instant: datetime) -> datetime:
    """Return the start of the hour that holds *instant*, in UTC (Shanghai's hours begin with UTC's)."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(instant: datetime) -> date:
    """Return the Shanghai day that holds *instant*."""
    return instant.astimezone(SHANGHAI).date()


def day_start(day: date) -> datetime:
    """Return the instant (UTC) at which the Shanghai *day* begins."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def month_start(day: date) -> date:
    """Return the first day of the month of *day*."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Return the first day of the month after that of *day*."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
