"""One value held against the limit in force on its day: what every block of a site's page is made of. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from alerts.desk import words
from alerts.desk.drill.overview import AHEAD, OVER, QUIET, UNDER
from alerts.desk.judgement import breaks

if TYPE_CHECKING:
    from datetime import date

    from schemas.records import Limit

_PCT = 100.0
UNSURE = "待核实"


class Bound(msgspec.Struct, frozen=True):
    """A limit as people read it: ``≤ 5 mg/L``, where it stands, and whether that text was verified."""

    text: str
    clause: str
    verified: bool = True


class Hour(msgspec.Struct, frozen=True):
    """One hour of today: *share* of the limit (0 to 1 and beyond), None where there is no valid value."""

    at: int
    share: float | None
    said: str


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """One series against its limit. *at*: of which day or hour the value is; *why*: why there is none, or what to know of it.

    *by*: how far beyond the limit, or which share of it was used. *hours*, *so_far*: today's hours.
    """

    name: str
    link: str
    unit: str
    decimals: int
    value: float | None
    at: str = ""
    why: str = ""
    bound: Bound | None = None
    tone: str = QUIET
    by: str = ""
    hours: tuple[Hour, ...] = ()
    so_far: str = ""


def reach(  # noqa: PLR0913 - what a line says
    *, name: str, link: str, unit: str, decimals: int, value: float | None, limit: Limit | None, at: str = "", why: str = "",
    hours: tuple[Hour, ...] = (), so_far: str = "", is_current: bool = True,
) -> Reach:  # fmt: skip
    """Return *value* against *limit*; without either nothing is said to be compliant, nor by what says nothing of now.

    Beyond a limit that only makes suspicious 疑似 it is no finding.
    """
    tone, by = QUIET, multiple(value, limit)
    if value is not None and limit is not None:
        is_over = breaks(value, limit)
        by = f"{by}，疑似" if is_over and limit.suspected else by
        if is_current:
            tone = UNDER if not is_over else AHEAD if limit.suspected else OVER
    return Reach(
        name=name, link=link, unit=unit, decimals=decimals, value=value, at=at, why=why, bound=bound(limit), tone=tone,
        by=by, hours=hours, so_far=so_far,
    )  # fmt: skip


def bound(limit: Limit | None) -> Bound | None:
    """Return *limit* as people read it: its numbers, standard, edition and clause."""
    if limit is None:
        return None
    if limit.low is not None and limit.high is not None:
        text = f"{limit.low:g}–{limit.high:g}"
    else:
        text = f"≤ {limit.high:g}" if limit.high is not None else f"≥ {limit.low or 0:g}"
    unit = "" if limit.unit in {"", "无量纲"} else f" {limit.unit}"
    return Bound(text + unit, f"{limit.standard} {limit.clause}（{limit.edition} 版）", limit.verified)


def multiple(value: float | None, limit: Limit | None) -> str:
    """Return 超标倍数 (C − L)/L of what breaks *limit*, a shortfall in percent, or the share of it that was used."""
    if value is None or limit is None:
        return ""
    if breaks(value, limit):
        if limit.high is not None and value > limit.high:
            return f"超标 {(value - limit.high) / limit.high:.2f} 倍"
        return f"低 {((limit.low or 0) - value) / (limit.low or 1) * _PCT:.1f}%"
    if limit.high is not None and limit.low is None:
        return f"为限值的 {value / limit.high * _PCT:.0f}%"
    return ""


def link(site: str, place: str, factor: str, basis: str) -> str:
    """Return the address of a series' page: *basis* hour, day or month."""
    return f"/desk/point/{quote(site, safe='')}/{quote(place, safe='')}/{quote(factor, safe='')}?basis={basis}"


def day_words(day: date | None, today: date) -> str:
    """Return a day as people say it: of another year with the year."""
    if day is None:
        return ""
    return words.month_day(day) if day.year == today.year else day.isoformat()
