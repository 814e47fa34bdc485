"""Which windows of a point are shown: hours, days or months of a span of Shanghai days, as the page's address says it. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from schemas.catalog.enums import Basis
from schemas.errors import UseError
from schemas.times import DAY, HOUR, SHANGHAI, day_of, day_start, next_month, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping

BASIS_ZH = {Basis.HOUR: "小时值", Basis.DAY: "日均值", Basis.MONTH: "月均值"}
WINDOW_ZH = {Basis.HOUR: "小时", Basis.DAY: "日", Basis.MONTH: "月"}
#: So many days are shown at most (house convention: what one chart and one table can hold).
MOST_DAYS = {Basis.HOUR: 92, Basis.DAY: 6 * 366, Basis.MONTH: 30 * 366}
_MOST_ZH = {Basis.HOUR: "92 天", Basis.DAY: "6 年", Basis.MONTH: "30 年"}
#: So many days stand there where nothing is asked for.
_USUAL = {Basis.HOUR: 3, Basis.DAY: 31, Basis.MONTH: 366}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HOUR = re.compile(r"(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3])", re.ASCII)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)


class SpanError(UseError):
    """The address asks for a span that there is not."""


class Span(msgspec.Struct, frozen=True):
    """*first* to *last*: Shanghai days, both included; whole months where *basis* is month."""

    basis: Basis
    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The instant (UTC) at which it begins."""
        return day_start(self.first)

    @property
    def until(self) -> datetime:
        """The instant (UTC) before which it ends."""
        return day_start(self.last + DAY)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def query(self) -> str:
        """Return it as the page's address says it."""
        return f"basis={self.basis.value}&from={self.first}&to={self.last}"

    def windows(self) -> list[tuple[datetime, datetime]]:
        """Return start and end (UTC) of its windows without gaps, oldest first."""
        if self.basis is Basis.HOUR:
            return [(self.since + n * HOUR, self.since + (n + 1) * HOUR) for n in range(24 * self.days)]
        found, day = [], self.first
        while day <= self.last:
            after = next_month(day) if self.basis is Basis.MONTH else day + DAY
            found.append((day_start(day), day_start(after)))
            day = after
        return found

    def shifted(self, by: int) -> Span:
        """Return the span as long as this one that many spans later; months by whole months, a whole month by one."""
        if self.basis is Basis.MONTH or self.is_month:
            months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
            return msgspec.structs.replace(
                self, first=_months_on(self.first, by * months), last=_months_on(self.last, by * months, end=True)
            )
        step = timedelta(days=by * self.days)
        return msgspec.structs.replace(self, first=self.first + step, last=self.last + step)

    @property
    def is_month(self) -> bool:
        """Say whether it is one whole calendar month."""
        return self.first.day == 1 and self.last + DAY == next_month(self.first)


class OneHour(Span, frozen=True):
    """The span of a single hour that begins at *start* (UTC); its days are those it lies in."""

    start: datetime

    @property
    def since(self) -> datetime:
        """The instant (UTC) at which it begins."""
        return self.start

    @property
    def until(self) -> datetime:
        """The instant (UTC) before which it ends."""
        return self.start + HOUR

    def windows(self) -> list[tuple[datetime, datetime]]:
        """Return the one window."""
        return [(self.start, self.start + HOUR)]


def one_hour(start: datetime) -> OneHour:
    """Return the span of the hour that begins at *start*."""
    day_in = day_of(start)
    return OneHour(Basis.HOUR, day_in, day_in, start)


def read(query: Mapping[str, str], today: date) -> Span:
    """Return what ``basis``, ``from`` and ``to`` ask for; what is missing stands as usual, up to *today*.

    Raises:
        SpanError: one of them is not what it must be; the sentence names it and says what mends it.

    """
    basis = _basis(query.get("basis") or Basis.HOUR.value)
    last = _day(query, "to", "结束日期")
    first = _day(query, "from", "起始日期")
    if last is None:
        last = today if first is None else min(max(first, today), first + timedelta(days=_USUAL[basis] - 1))
    first = last - timedelta(days=_USUAL[basis] - 1) if first is None else first
    return checked(Span(basis, first, last))


def checked(span: Span) -> Span:
    """Return *span* with whole months where it is one of months.

    Raises:
        SpanError: it ends before it begins, or is too long.

    """
    if span.first > span.last:
        raise SpanError(
            f"起始日期 from（{span.first}）晚于结束日期 to（{span.last}） (from is after to).",
            "请把 from 改为不晚于 to 的日期。",
        )
    if span.days > MOST_DAYS[span.basis]:
        most = _MOST_ZH[span.basis]
        raise SpanError(
            f"{BASIS_ZH[span.basis]}一次最多看 {most}，from 到 to 共 {span.days} 天 (the span is too long).",
            f"请缩短到 {most} 以内，或改看更长的统计周期 basis。",
        )
    if span.basis is Basis.MONTH:
        return Span(span.basis, span.first.replace(day=1), next_month(span.last) - DAY)
    return span


def presets(basis: Basis, today: date) -> list[tuple[str, Span]]:
    """Return the spans that one press shows, with their names."""
    if basis is Basis.MONTH:
        back = [(12, "近 12 个月"), (36, "近 3 年"), (120, "近 10 年")]
        return [
            (zh, Span(basis, _months_on(today.replace(day=1), 1 - n), _months_on(today, 0, end=True))) for n, zh in back
        ]
    lengths = [(1, "今天"), (3, "3 天"), (7, "7 天"), (31, "31 天")]
    if basis is Basis.DAY:
        lengths = [(7, "7 天"), (31, "31 天"), (92, "92 天"), (366, "一年")]
    shown = [(zh, Span(basis, today - timedelta(days=n - 1), today)) for n, zh in lengths]
    return [*shown, ("本月", Span(basis, today.replace(day=1), _months_on(today, 0, end=True)))]


def switched(span: Span, basis: Basis, today: date) -> Span:
    """Return what to show of another *basis*: the same days where they are not too many, never less than reads well."""
    if basis is Basis.HOUR and span.days > MOST_DAYS[basis]:
        return Span(basis, span.last - timedelta(days=_USUAL[basis] - 1), span.last)
    if basis is not Basis.HOUR and span.days < _USUAL[basis]:
        last = min(max(span.last, today), span.first + timedelta(days=_USUAL[basis] - 1))
        return checked(Span(basis, last - timedelta(days=_USUAL[basis] - 1), last))
    if span.days > MOST_DAYS[basis]:
        return checked(Span(basis, span.last - timedelta(days=MOST_DAYS[basis] - 1), span.last))
    return checked(msgspec.structs.replace(span, basis=basis))


def hour(text: str) -> datetime:
    """Return the start (UTC) of the Beijing hour that *text* (``2026-11-22T08``) names.

    Raises:
        SpanError: it names none.

    """
    found = _HOUR.fullmatch(text)
    day = _known_day(found[1]) if found else None
    if found is None or day is None:
        raise SpanError(
            f"小时「{text[:40]}」写法不对 (not an hour).", "写成 北京时间的 年-月-日T时，如 2026-11-22T08。"
        )
    return day_start(day) + int(found[2]) * HOUR


def hour_name(start: datetime) -> str:
    """Return how an address names the Beijing hour that begins at *start*."""
    return start.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H")


def day(text: str, name: str, zh: str) -> date:
    """Return the Shanghai day that *text* of the field *name* (*zh* for people) says.

    Raises:
        SpanError: it says none.

    """
    found = _known_day(text)
    if found is None:
        raise SpanError(
            f"{zh} {name}「{text[:40]}」不是日期 (not a day).", "写成 年-月-日，如 2026-11-22，2000 至 2099 年。"
        )
    return found


def point_path(key: tuple[str, str, str], span: Span | None = None) -> str:
    """Return the address of a point's page."""
    return f"/desk/point/{_path(key)}" + (f"?{span.query}" if span else "")


def hour_path(key: tuple[str, str, str], start: datetime) -> str:
    """Return the address of an hour's page."""
    return f"/desk/hour/{_path(key)}/{hour_name(start)}"


def trace_path(key: tuple[str, str, str], at: datetime) -> str:
    """Return the address of a reading's message: milliseconds since 1970, cut."""
    return f"/desk/trace/{_path(key)}/{to_us(at) // 1000}"


def export_path(key: tuple[str, str, str], ending: str, query: str) -> str:
    """Return the address of an export that carries *query*."""
    return f"/desk/export/point/{_path(key)}.{ending}?{query}"


def month_end(day_in: date) -> date:
    """Return the last day of the month of *day_in*."""
    return next_month(day_in) - DAY


def _path(key: tuple[str, str, str]) -> str:
    return "/".join(quote(one, safe="") for one in key)


def _basis(text: str) -> Basis:
    for basis in BASIS_ZH:
        if basis.value == text:
            return basis
    raise SpanError(
        f"统计周期 basis「{text[:40]}」不认识 (unknown basis).", "写 hour（小时）、day（日）或 month（月）之一。"
    )


def _day(query: Mapping[str, str], name: str, zh: str) -> date | None:
    text = query.get(name) or ""
    return day(text, name, zh) if text else None


def _known_day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _EARLIEST <= found <= _LATEST else None


def _months_on(day_in: date, months: int, *, end: bool = False) -> date:
    """Return the first (or with *end* the last) day of the month *months* after that of *day_in*."""
    whole = day_in.year * 12 + day_in.month - 1 + months
    first = date(whole // 12, whole % 12 + 1, 1)
    return next_month(first) - DAY if end else first
