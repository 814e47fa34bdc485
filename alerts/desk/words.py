"""Numbers, times and ages as the wall shows them. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from alerts.judge.verdict import rounded
from schemas.catalog.enums import SITE_KIND_ZH, SiteKind
from schemas.times import SHANGHAI

if TYPE_CHECKING:
    from datetime import date, datetime

NOTHING = "—"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: float | None, decimals: int) -> str:
    """Return *value* with thousands separated and its factor's *decimals*; a dash where there is none."""
    return NOTHING if value is None else f"{rounded(value, decimals):,.{decimals}f}"


def span(seconds: float) -> str:
    """Return a length of time in its largest unit that reads well."""
    whole = max(0, int(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole} 秒"
    if whole < 2 * _HOUR:
        return f"{whole // _MINUTE} 分钟"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} 小时"
    return f"{whole // _DAY} 天"


def age(seconds: float | None) -> str:
    """Return how long ago something was."""
    return "无数据" if seconds is None else f"{span(seconds)}前"


def clock(instant: datetime) -> str:
    """Return Beijing's date and time to the second."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def minute(instant: datetime) -> str:
    """Return Beijing's month, day, hour and minute."""
    return instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def month_day(day: date | None) -> str:
    """Return month and day."""
    return NOTHING if day is None else day.strftime("%m-%d")


def kind(value: str) -> str:
    """Return a site's kind in Chinese."""
    return SITE_KIND_ZH[SiteKind(value)]


def safe(text: object) -> str:
    """Return *text* so that it can stand in HTML: names are what a county wrote down."""
    return escape(str(text), quote=True)
