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
_MANY, _WAN, _YI = 10_000_000, 10_000, 100_000_000


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


def ago(seconds: float | None) -> str:
    """Return how long ago something was, in whole minutes and more: what stands on many screens must not change every second."""
    return "2 分钟内" if seconds is not None and seconds < 2 * _MINUTE else age(seconds)


def lasted(seconds: float) -> str:
    """Return for how long something has lasted, in whole minutes and more."""
    return "不到 2 分钟" if seconds < 2 * _MINUTE else f"已 {span(seconds)}"


def big(value: float | None, decimals: int = 0) -> str:
    """Return an amount in at most nine figures: what is larger stands in 万 (ten thousands) or 亿 (hundred millions)."""
    if value is None or abs(value) < _MANY:
        return number(value, decimals)
    unit, name = (_YI, "亿") if abs(value) >= _YI else (_WAN, "万")
    return f"{number(value / unit, 1 if unit == _WAN else 3)} {name}"


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a share of one as per cent."""
    return NOTHING if share is None else f"{number(share * 100, decimals)}%"


def hour_minute(instant: datetime) -> str:
    """Return Beijing's hour and minute."""
    return instant.astimezone(SHANGHAI).strftime("%H:%M")


def time_of_day(instant: datetime) -> str:
    """Return Beijing's hour, minute and second."""
    return instant.astimezone(SHANGHAI).strftime("%H:%M:%S")


def long_day(instant: datetime) -> str:
    """Return Beijing's date and weekday."""
    local = instant.astimezone(SHANGHAI)
    return f"{local:%Y-%m-%d} 星期{'一二三四五六日'[local.weekday()]}"


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
