"""Which reports are to be made now: those of days and months that are over, and again those whose facts have changed since. Pure.

Times of making are house conventions: at 01:30 the last values of the day have come in and are judged; the month follows its last day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from alerts.reports.paper import DAILY, MONTHLY, Kind
from schemas.times import DAY, SHANGHAI, day_of, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Iterator

#: When the papers of yesterday and of last month are made, Beijing time.
DAY_AT, MONTH_AT = time(1, 30), time(2, 0)
#: So far back is looked for facts that changed, and for what was not made. House convention.
DAYS_BACK, MONTHS_BACK = 35, 3
#: Where the schedule never made anything, it begins with so many days and the last month; the rest is made when somebody asks for it.
FIRST_DAYS = 7
#: What failed, or had nothing to say, is tried again after this.
RETRY = timedelta(hours=1)
#: Not every change leaves a trace that is cheap to find (an act of the desk, a verdict taken back): so often all is made anew to compare.
AGAIN_YOUNG, AGAIN_OLD, YOUNG = timedelta(hours=1), timedelta(days=1), timedelta(days=3)


class Item(NamedTuple):
    """A report for all its scopes: *period* as 2026-11-20 or 2026-11; Shanghai days *first* to *last*."""

    kind: Kind
    period: str
    first: date
    last: date


class Why(IntEnum):
    """Why it is made, the more pressing first."""

    MISSING = 0
    CHANGED = 1
    COMPARE = 2


class Known(msgspec.Struct, kw_only=True):
    """What is known when it is decided. All instants are UTC.

    *made*: when the newest version of each was made, of several scopes the oldest; *looked*: when each was composed last, whatever came
    of it; *changed*: when facts of a Shanghai day last changed; *registry_at*: when the registry last did; *first_day*: of which there
    are values; *first_made*: the last day of the first report that the schedule made of such a kind.
    """

    made: Mapping[tuple[Kind, str], datetime] = {}
    looked: Mapping[tuple[Kind, str], datetime] = {}
    changed: Mapping[date, datetime] = {}
    registry_at: datetime | None = None
    first_day: date | None = None
    first_made: Mapping[Kind, date] = {}


def due(now: datetime, known: Known) -> list[tuple[Why, Item]]:
    """Return what is to be made *now*, the most pressing first: what is missing newest first, what is compared longest ago first."""
    found = []
    for item in items(now):
        if known.first_day is None or item.last < known.first_day:
            continue
        why = _why(item, now, known)
        if why is not None:
            found.append((why, _seen(item, known), item))
    newest_first = sorted(found, key=lambda one: one[2].last, reverse=True)
    ordered = sorted(newest_first, key=lambda one: (one[0], one[1] if one[0] is Why.COMPARE else now))
    return [(why, item) for why, _, item in ordered]


def items(now: datetime) -> Iterator[Item]:
    """Return all days and months that are looked back at and whose time has come."""
    today = day_of(now)
    for back in range(1, DAYS_BACK + 1):
        day = today - back * DAY
        yield from (item for kind in DAILY if due_at(item := Item(kind, day.isoformat(), day, day)) <= now)
    first = month_start(today)
    for _ in range(MONTHS_BACK):
        last = first - DAY
        first = month_start(last)
        yield from (item for kind in MONTHLY if due_at(item := Item(kind, f"{first:%Y-%m}", first, last)) <= now)


def due_at(item: Item) -> datetime:
    """Return the instant from which the report is made."""
    at = DAY_AT if item.kind in DAILY else MONTH_AT
    return datetime.combine(item.last + DAY, at, SHANGHAI)


def _why(item: Item, now: datetime, known: Known) -> Why | None:
    key = (item.kind, item.period)
    looked = known.looked.get(key)
    # What was looked at, or made, by a clock that ran far ahead says nothing of now.
    if looked is not None and looked - now > RETRY:
        looked = None
    if looked is not None and now - looked < RETRY and not _changed_since(item, looked, known):
        return None
    made = known.made.get(key)
    # What somebody had made before the period was over is not its report yet.
    if made is None or made < due_at(item):
        return Why.MISSING if _is_wanted(item, now, known) else None
    if made - now > RETRY:
        return Why.COMPARE
    seen = max(made, looked or made)
    if _changed_since(item, seen, known):
        return Why.CHANGED
    again = AGAIN_YOUNG if now - due_at(item) < YOUNG else AGAIN_OLD
    return Why.COMPARE if now - seen >= again else None


def _is_wanted(item: Item, now: datetime, known: Known) -> bool:
    """Say whether a report that was never made is made by itself: a recent one, or one that fell into a gap."""
    today = day_of(now)
    if item.kind in DAILY:
        recent = item.last >= today - FIRST_DAYS * DAY
    else:
        recent = next_month(item.last) == month_start(today)
    first = known.first_made.get(item.kind)
    return recent or (first is not None and first < item.last)


def _changed_since(item: Item, at: datetime, known: Known) -> bool:
    if known.registry_at is not None and known.registry_at > at:
        return True
    day = item.first
    while day <= item.last:
        if (changed := known.changed.get(day)) is not None and changed > at:
            return True
        day += DAY
    return False


def _seen(item: Item, known: Known) -> datetime:
    key = (item.kind, item.period)
    return max(
        one for one in (known.made.get(key), known.looked.get(key), datetime.min.replace(tzinfo=SHANGHAI)) if one
    )
