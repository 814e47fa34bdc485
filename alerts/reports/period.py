"""Which days a report is of, and whether they are over. Pure: today comes in. Days are Asia/Shanghai days."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from alerts.reports.paper import DAILY, Kind
from schemas.errors import UseError
from schemas.times import DAY, day_start, next_month

PERIODS = "2026-11-20, 2026-11, 2026Q4 or 2026"
_MONTHS_OF_QUARTER = 3
#: As of the pages of points (house convention); instants of the first year of all cannot be told in UTC.
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_LENGTH_OF_DAY, _LENGTH_OF_MONTH = len("2026-11-20"), len("2026-11")
#: What may be asked for of a month that is not over: the ledgers people work with while it lasts.
RUNNING = (Kind.BUDGETS, Kind.RATES, Kind.EXCEEDANCES, Kind.HANDLING)


class Span(NamedTuple):
    """Shanghai days *first* to *last*, both included; *running*: the period goes on after *last*."""

    text: str
    first: date
    last: date
    running: bool = False

    @property
    def since(self) -> datetime:
        """The instant (UTC) at which it begins."""
        return day_start(self.first)

    @property
    def until(self) -> datetime:
        """The instant (UTC) at which it ends."""
        return day_start(self.last + DAY)

    @property
    def n_days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def days_of(text: str) -> tuple[date, date]:
    """Return first and last day of the day, month, quarter or year *text* names, whole.

    Raises:
        UseError: it names none.

    """
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?|Q([1-4]))?", text)
    if found is None:
        raise UseError(f"不认识的时段 no period: {text}.", PERIODS)
    year, month, day, quarter = (int(part) if part else None for part in found.groups())
    if not _FIRST_YEAR <= (year or 0) <= _LAST_YEAR:
        raise UseError(f"时段只能在 {_FIRST_YEAR} 至 {_LAST_YEAR} 年 (no such year): {text}.", PERIODS)
    try:
        first = date(year or 0, (quarter - 1) * _MONTHS_OF_QUARTER + 1 if quarter else month or 1, day or 1)
        if day:
            return first, first
        after = first
        for _ in range(_MONTHS_OF_QUARTER if quarter else 1 if month else 12):
            after = next_month(after)
    except (ValueError, OverflowError) as exc:
        raise UseError(f"没有这一天 no such day: {text}.", PERIODS) from exc
    return first, after - DAY


def covers(kind: Kind, period: str) -> tuple[date, date]:
    """Return first and last day of the whole *period* a report of *kind* is of, whether or not it is over.

    Raises:
        UseError: *period* is no day (daily reports) or no month (the others).

    """
    is_daily = kind in DAILY
    if len(period) != (_LENGTH_OF_DAY if is_daily else _LENGTH_OF_MONTH):
        raise UseError(
            f"时段「{period[:40]}」不是{'日期' if is_daily else '月份'} ({kind.value} is of a {'day' if is_daily else 'month'}).",
            "2026-11-20" if is_daily else "2026-11",
        )
    return days_of(period)


def span_of(kind: Kind, period: str, today: date) -> Span:
    """Return the span of a report as it can be made on the Shanghai day *today*.

    Raises:
        UseError: *period* is not one of *kind*, or is not over and may not be asked for before.

    """
    first, last = covers(kind, period)
    if last < today:
        return Span(period, first, last)
    if kind not in RUNNING or first >= today:
        raise UseError(f"{period} 尚未结束 (the period is not over).", "待其结束后再出 ask for it once it is over")
    return Span(period, first, today - DAY, running=True)
