"""Who is called 谁值班: duties, rotas, swaps and holidays as a pure function of the registry, the plan and the instant.

A swap goes before the rest-day rota, that before the rota, that before the first of the bureau's duties. Where all that names
nobody there is a hole: it is said loudly, and others are called instead. Who is on duty changes at the time of day at which the
rota starts, in Beijing; a duty day belongs to the calendar day on which it begins.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from alerts.workdays import UNKNOWN_ZH
from schemas.registry.model import Person
from schemas.times import DAY, SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alerts.workdays import Calendar
    from schemas.registry.model import Document, Rota

#: More days than any run of holidays has: a rota with rest days is followed so much further than its turns.
_HOLIDAYS = 16


class Why(StrEnum):
    """Why somebody is on duty."""

    SWAP = "swap"
    REST_DAY = "rest_day"
    TURN = "turn"
    #: No rota, or it has not begun: the first of the bureau's duties.
    FIRST = "first"
    HOLE = "hole"


WHY_ZH = {
    Why.SWAP: "换班",
    Why.REST_DAY: "节假日",
    Why.TURN: "轮值",
    Why.FIRST: "名单首位",
    Why.HOLE: "空缺",
}


class Swap(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody stands in for whoever would be on duty at *bureau*, from *since* until before *until* (aware instants)."""

    bureau: str
    person: str
    since: datetime
    until: datetime


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on duty from *since* until before *until* (UTC), and why; *note* says what a reader must know beside it."""

    person: Person | None
    since: datetime
    until: datetime
    why: Why
    note: str = ""


class OnDuty(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on duty, why (a sentence), and until when (UTC; None: no change is in sight). Without a person *hole* says so."""

    person: Person | None
    because: str
    until: datetime | None
    hole: str | None


class _Span(msgspec.Struct, frozen=True):
    """Who is on duty up to the next edge: a hand-over, or a swap's begin or end (None: no edge ahead)."""

    person: Person | None
    why: Why
    note: str
    until: datetime | None


class Roster:
    """Who is on duty when and who is called next, by a registry *document* and the *swaps* planned.

    Of swaps that overlap, the last of *swaps* stands: give them in the order in which they were planned.
    """

    def __init__(self, document: Document, swaps: Iterable[Swap], calendar: Calendar) -> None:
        self._people = {person.id: person for person in document.people}
        self._bureaus = {bureau.id: bureau for bureau in document.bureaus}
        self._duties = {duty.bureau: duty.people for duty in document.duties}
        self._rotas = {rota.bureau: rota for rota in document.rotas}
        self._swaps = list(swaps)
        self._calendar = calendar
        self._rests: dict[str, list[int]] = {}

    def person(self, key: str) -> Person | None:
        """Return the person with the id *key*, or None."""
        return self._people.get(key)

    def chiefs(self, bureau: str) -> list[Person]:
        """Return the chiefs 负责人 of *bureau*."""
        return [one for one in self._people.values() if one.bureau == bureau and one.role == "chief"]

    def operators(self, site: str) -> list[Person]:
        """Return the plant's own people 企业运维 of *site*."""
        return [one for one in self._people.values() if one.site == site and one.role == "operator"]

    def channels(self, person: Person) -> tuple[str, ...]:
        """Return the names of the channels that reach *person*: their own, or else their bureau's; () where neither has any."""
        bureau = self._bureaus.get(person.bureau or "")
        return tuple(person.channels or (bureau.channels if bureau is not None else ()))

    def on_duty(self, bureau: str, at: datetime) -> OnDuty:
        """Return who is on duty at *bureau* at the instant *at* (aware): exactly one person, or a hole."""
        span = first = self._span(bureau, at)
        for _ in range(self._edges_at_most(bureau)):
            if span.until is None:
                break
            following = self._span(bureau, span.until)
            if (following.person, following.why) != (first.person, first.why):
                break
            span = following
        else:
            return self._said(bureau, first, None)
        return self._said(bureau, first, span.until)

    def _edges_at_most(self, bureau: str) -> int:
        """Return after how many edges a person who is still on duty stays so for ever."""
        rota = self._rotas.get(bureau)
        swaps = 2 * sum(swap.bureau == bureau for swap in self._swaps)
        if rota is None:
            return swaps + 1
        turns = len(rota.people) * (rota.turn_days if rota.rest_days else 1)
        return swaps + turns + _HOLIDAYS

    def _said(self, bureau: str, span: _Span, until: datetime | None) -> OnDuty:
        because = f"{WHY_ZH[span.why]}：{span.note}" if span.note else WHY_ZH[span.why]
        hole = None if span.person is not None else self._hole(bureau, span.note)
        return OnDuty(person=span.person, because=because, until=until, hole=hole)

    def ladder(self, bureau: str, at: datetime) -> list[list[Person]]:
        """Return who is called for *bureau* at *at*, rung by rung 逐级: on duty, then the duties in order, then the chiefs.

        Nobody is called on two rungs before the last. In a hole the first rung is all of the bureau's duty people, or else
        all its people, or else every chief of the county, or else everyone but operators; empty only where the registry
        names nobody at all.
        """
        on_duty = self.on_duty(bureau, at).person
        rungs = [[on_duty]] if on_duty is not None else [self._instead(bureau)[0]]
        called = {one.id for one in rungs[0]}
        for person in self._called(bureau):
            if person.id not in called:
                rungs.append([person])
                called.add(person.id)
        chiefs = self.chiefs(bureau)
        if chiefs and {one.id for one in rungs[-1]} != {one.id for one in chiefs}:
            rungs.append(chiefs)
        return [rung for rung in rungs if rung]

    def shifts(self, bureau: str, since: datetime, days: int) -> list[Shift]:
        """Return who is on duty at *bureau* over *days* from *since* (aware) on, without gap or overlap, holes among them."""
        shifts: list[Shift] = []
        at, end = since.astimezone(UTC), since.astimezone(UTC) + days * DAY
        while at < end:
            span = self._span(bureau, at)
            until = end if span.until is None else min(span.until, end)
            shift = Shift(person=span.person, since=at, until=until, why=span.why, note=span.note)
            last = shifts[-1] if shifts else None
            if last is not None and (last.person, last.why, last.note) == (shift.person, shift.why, shift.note):
                shifts[-1] = msgspec.structs.replace(last, until=until)
            else:
                shifts.append(shift)
            at = until
        return shifts

    def _span(self, bureau: str, at: datetime) -> _Span:
        swaps = [swap for swap in self._swaps if swap.bureau == bureau and swap.since < swap.until]
        edges = [edge for swap in swaps for edge in (swap.since, swap.until) if edge > at]
        standing = [swap for swap in swaps if swap.since <= at < swap.until]
        for swap in reversed(standing):
            person = self._people.get(swap.person)
            if person is not None:
                return _Span(person, Why.SWAP, "", min(edges).astimezone(UTC))
        planned = self._planned(bureau, at)
        if planned.until is not None:
            edges.append(planned.until)
        until = min(edges).astimezone(UTC) if edges else None
        note = f"换班人 {standing[-1].person} 已不在人员表，换班无效" if standing else ""
        return _Span(planned.person, planned.why, "；".join(filter(None, (note, planned.note))), until)

    def _planned(self, bureau: str, at: datetime) -> _Span:
        """Return who is on duty without regard to swaps."""
        rota = self._rotas.get(bureau)
        if rota is None:
            return self._first(bureau, "没有值班表", None)
        if at < rota.starts:
            return self._first(bureau, "值班表尚未开始", rota.starts)
        number = (at - rota.starts) // DAY
        turn = number // rota.turn_days
        if not rota.rest_days:
            until = rota.starts + (turn + 1) * rota.turn_days * DAY
            return self._known(rota.people[turn % len(rota.people)], Why.TURN, "", until)
        until = rota.starts + (number + 1) * DAY
        day = (until - DAY).astimezone(SHANGHAI).date()
        note = "" if self._calendar.known(day) else UNKNOWN_ZH
        if self._calendar.is_workday(day):
            return self._known(rota.people[turn % len(rota.people)], Why.TURN, note, until)
        before = self._rest_days_before(rota, number)
        return self._known(rota.rest_days[before % len(rota.rest_days)], Why.REST_DAY, note, until)

    def _known(self, key: str, why: Why, note: str, until: datetime) -> _Span:
        person = self._people.get(key)
        if person is None:
            return _Span(None, Why.HOLE, f"值班表里的 {key} 不在人员表", until)
        return _Span(person, why, note, until)

    def _first(self, bureau: str, note: str, until: datetime | None) -> _Span:
        person = next(self._called(bureau), None)
        if person is None:
            return _Span(None, Why.HOLE, f"{note}，也没有通知名单", until)
        return _Span(person, Why.FIRST, note, until)

    def _rest_days_before(self, rota: Rota, number: int) -> int:
        """Return how many of the first *number* duty days of *rota* were rest days; what was counted is kept."""
        counts = self._rests.setdefault(rota.bureau, [0])
        first = rota.starts.astimezone(SHANGHAI).date()
        while len(counts) <= number:
            day = first + timedelta(days=len(counts) - 1)
            counts.append(counts[-1] + (not self._calendar.is_workday(day)))
        return counts[number]

    def _called(self, bureau: str) -> Iterator[Person]:
        # One who stands on the list twice is called once.
        return (self._people[key] for key in dict.fromkeys(self._duties.get(bureau, ())) if key in self._people)

    def _instead(self, bureau: str) -> tuple[list[Person], str]:
        """Return who is called where nobody is on duty, and who they are in words."""
        staff = [one for one in self._people.values() if one.bureau is not None]
        choices = (
            (list(self._called(bureau)), "本单位通知名单全体 (all on the bureau's list)"),
            ([one for one in staff if one.bureau == bureau], "本单位全体人员 (all of the bureau)"),
            ([one for one in staff if one.role == "chief"], "全县各单位负责人 (every chief of the county)"),
            (staff, "登记的全体人员 (everyone registered)"),
        )
        nobody: tuple[list[Person], str] = ([], "无人可通知 (nobody is registered)")
        return next(((people, words) for people, words in choices if people), nobody)

    def _hole(self, bureau: str, note: str) -> str:
        name = self._bureaus[bureau].name if bureau in self._bureaus else bureau
        return f"【值班空缺】{name}无人值班：{note}；改为通知{self._instead(bureau)[1]} (nobody is on duty)"
