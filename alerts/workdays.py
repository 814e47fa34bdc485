"""China's working days: the one file that knows `chinese_calendar`.

Source: the yearly holiday notices of the State Council's General Office (国务院办公厅关于节假日安排的通知), as the library
holds them. A year's notice comes out in November of the year before; until the library has it, weekends are all we know, and
`known` says so, so that a screen can say it too. Saturdays and Sundays worked in lieu 调休上班 are working days.
All days are Asia/Shanghai days.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Protocol

import chinese_calendar  # type: ignore[import-untyped]

from schemas.times import DAY, SHANGHAI

_SATURDAY = 5
#: Ten years of days: as much as a rota is ever counted through.
_REMEMBERED = 3660
UNKNOWN_ZH = "节假日安排尚未公布，只按周末计 (holidays not announced yet: weekends only)"


class Calendar(Protocol):
    """Which days are worked; this module itself is one, and a test may bring its own."""

    def is_workday(self, day: date) -> bool:
        """Say whether the Shanghai *day* is worked."""

    def known(self, day: date) -> bool:
        """Say whether the holidays of *day*'s year have been announced, as far as we know."""


def is_workday(day: date) -> bool:
    """Say whether the Shanghai *day* is worked; where its year is not known, Monday to Friday are."""
    said = _asked(day)
    return day.weekday() < _SATURDAY if said is None else said


def is_holiday(day: date) -> bool:
    """Say whether the Shanghai *day* is free: a weekend not worked in lieu, or a statutory holiday."""
    return not is_workday(day)


def known(day: date) -> bool:
    """Say whether the holidays of *day*'s year are known; where not, say `UNKNOWN_ZH` to whoever reads the result."""
    return _asked(day) is not None


def holiday_zh(day: date) -> str:
    """Return the Chinese name of the statutory holiday of the Shanghai *day*; empty where it is none, or not known."""
    if _asked(day) is not False:
        return ""
    english = chinese_calendar.get_holiday_detail(day)[1]
    return next((str(one.chinese) for one in chinese_calendar.Holiday if one.value == english), "")


def add_workdays(instant: datetime, n: int, calendar: Calendar | None = None) -> datetime:
    """Return the instant (UTC) *n* working days after *instant* (aware), at the same time of day in Beijing.

    The day it begins on does not count (民法典 art. 201). Holding to the time of day, instead of the end of the last day, is
    house convention. With *n* = 0 it is *instant* itself.

    Raises:
        ValueError: *n* is negative.

    """
    if n < 0:
        raise ValueError(f"working days cannot be counted backwards: {n}")
    worked = calendar.is_workday if calendar is not None else is_workday
    local = instant.astimezone(SHANGHAI)
    while n:
        local += DAY
        n -= worked(local.date())
    return local.astimezone(UTC)


@lru_cache(maxsize=_REMEMBERED)
def _asked(day: date) -> bool | None:
    """Return what the library says of *day*, or None where it does not know the year."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
