"""Scenes of suspicion from the database: what some places measured before the ends of some days, in three queries.

A `Stage` holds what was loaded for a group of places and gives the scene of one place, day and signal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from alerts.judge.signals.scene import Declared, Raw, Scene, Series
from alerts.judge.windows import limit_on
from schemas.records import Limit, Mean, mean_of
from schemas.times import DAY, HOUR, day_of, day_start

if TYPE_CHECKING:
    from alerts.judge.rules import Rule
    from alerts.judge.suspects import Place, Sent
    from schemas.runtime.database import Database

MONTH = 31
_DAY_HOURS = 24
_NORMAL = frozenset("Nn")
#: Place → day → the signals asked there.
Asking = Mapping["Place", Mapping[date, Iterable[Declared]]]
Span = tuple[datetime, datetime]


class Stage:
    """Loads for a group of places; *rules* name the basis of the limits."""

    def __init__(self, db: Database, rules: Mapping[str, Rule]) -> None:
        self._db = db
        self._rules = rules
        self._hours: dict[int, dict[datetime, Mean]] = defaultdict(dict)
        self._days: dict[int, dict[date, Mean]] = defaultdict(dict)
        self._raw: dict[int, list[Raw]] = defaultdict(list)
        self._series: dict[tuple[int, str, date, int, bool, bool], Series] = {}
        self._scenes: dict[tuple[str, date, int, bool, bool, tuple[str, ...]], Scene] = {}

    async def load_days(self, spans: Mapping[Place, tuple[date, date]]) -> None:
        """Load the derived days of each place, both ends of its span included."""
        rows = [(point, since, until) for place, (since, until) in spans.items() for point in place.watch]
        if not rows:
            return
        points, sinces, untils = map(list, zip(*rows, strict=True))
        for point, day, *columns in await self._db.fetch("suspicion_days", points=points, sinces=sinces, untils=untils):
            self._days[point][day] = mean_of(columns)

    def has_day(self, place: Place, day: date) -> bool:
        """Say whether anything is derived of *place* on *day*; its days must be loaded."""
        return any(day in self._days[point] for point in place.watch)

    async def load(self, asking: Asking, before: Mapping[Place, Iterable[date]]) -> None:
        """Load hours, and readings where they are wanted and a mark calls for them.

        *before*: the places that others are held against, with the days.
        """
        spans: dict[int, list[Span]] = defaultdict(list)
        for place, days in asking.items():
            wanted = [(day_start(day) + DAY, declared) for day, some in days.items() for declared in some]
            merged = _merged((end - declared.hours_back * HOUR, end) for end, declared in wanted)
            for point in place.watch:
                spans[point] += merged
        for place, some in before.items():
            merged = _merged((day_start(day), day_start(day) + DAY) for day in some)
            for point in place.watch:
                spans[point] += merged
        for point, hour, *columns in await self._fetch("suspicion_hours", spans):
            self._hours[point][hour] = mean_of(columns)
        raw = {
            point: _merged((day_start(day), day_start(day) + DAY) for day in days)
            for place, days in _marked(asking, self._hours).items()
            for point in place.watch
        }
        for point, ts, value, mark, late in await self._fetch("suspicion_raw", raw):
            self._raw[point].append(Raw(ts, value, mark, late))

    async def _fetch(self, name: str, spans: Mapping[int, Iterable[Span]]) -> list[tuple[Any, ...]]:
        rows = [(point, *span) for point, some in spans.items() for span in _merged(some)]
        if not rows:
            return []
        points, sinces, untils = map(list, zip(*rows, strict=True))
        return await self._db.fetch(
            name, points=points, sinces=sinces, untils=untils, first=min(sinces), last=max(untils)
        )

    def scene(self, place: Place, day: date, declared: Declared, before: Iterable[Place]) -> Scene:
        """Return the scene of *place* at the end of *day* as *declared* asks for it; *before*: for twins."""
        others = tuple(before) if declared.wants_others else ()
        key = (
            place.key,
            day,
            declared.hours_back,
            declared.wants_days,
            declared.wants_raw,
            tuple(o.key for o in others),
        )
        if key not in self._scenes:
            self._scenes[key] = self._new_scene(place, day, declared, others)
        return self._scenes[key]

    def _new_scene(self, place: Place, day: date, declared: Declared, others: tuple[Place, ...]) -> Scene:
        end = day_start(day) + DAY

        def shown(of: Place, sent: Mapping[str, Sent]) -> dict[str, Series]:
            return {factor: self._one(of, one, day, declared) for factor, one in sent.items()}

        beside: dict[str, list[Series]] = defaultdict(list)
        for other in others:
            for factor in other.own:
                if factor in place.own:
                    beside[factor].append(self._one(other, other.series[factor], day, declared))
        return Scene(
            day=day,
            since=end - declared.hours_back * HOUR,
            end=end,
            series=shown(place, place.series),
            others={factor: tuple(some) for factor, some in beside.items()},
            limits=self._limits(place, day),
            sent=shown(place, place.sent),
        )

    def _one(self, place: Place, sent: Sent, day: date, declared: Declared) -> Series:
        key = (sent.point_id, place.key, day, declared.hours_back, declared.wants_days, declared.wants_raw)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = self._new(place, sent, day, declared)
        return found

    def _new(self, place: Place, sent: Sent, day: date, declared: Declared) -> Series:
        end = day_start(day) + DAY
        hours, days = self._hours[sent.point_id], self._days[sent.point_id]
        month = [day - number * DAY for number in reversed(range(MONTH))] if declared.wants_days else []
        raw = self._raw.get(sent.point_id, ()) if declared.wants_raw else ()
        return Series(
            site=place.site,
            device=sent.device,
            factor=sent.factor,
            unit=sent.unit,
            decimals=sent.decimals,
            interval_s=sent.interval_s,
            low=sent.low,
            high=sent.high,
            hours=tuple([hours.get(end - number * HOUR) for number in range(declared.hours_back, 0, -1)]),
            days=tuple((one, days[one]) for one in month if one in days),
            raw=tuple(one for one in raw if end - DAY <= one.ts < end),
            title=place.title,
        )

    def _limits(self, place: Place, day: date) -> dict[str, Limit]:
        """Return factor → limit on *day*; NH3-N's by the day's water, as the day mean is judged."""
        water = self._days[place.water_temp_id].get(day) if place.water_temp_id is not None else None
        temperature = water.value if water is not None and water.valid else None
        found: dict[str, Limit] = {}
        for subject in place.limits:
            limit = limit_on(self._rules[subject.rule], subject, day, temperature)
            if limit is not None:
                found[subject.factor] = found[subject.factor.removeprefix("yx_zs_")] = limit
        return found

    def hours_of(self, point: int, day: date) -> tuple[int, int]:
        """Return how many of a point's hours of *day* are valid, and how many there should be."""
        start = day_start(day)
        hours = [self._hours[point].get(start + number * HOUR) for number in range(_DAY_HOURS)]
        return sum(mean is not None and mean.valid for mean in hours), _DAY_HOURS


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return *spans* with those that touch joined, so that no row is read twice."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def _marked(asking: Asking, hours: Mapping[int, Mapping[datetime, Mean]]) -> dict[Place, set[date]]:
    """Return the days of places on which a signal wants the readings and some hour bears a mark other than normal.

    Readings by the minute are many; in hours without marks they say nothing that the hours do not.
    """
    found: dict[Place, set[date]] = defaultdict(set)
    for place, days in asking.items():
        wanted = {day for day, some in days.items() if any(declared.wants_raw for declared in some)}
        if not wanted:
            continue
        for point in place.watch:
            marked = [hour for hour, mean in hours.get(point, {}).items() if set(mean.marks) - _NORMAL]
            found[place] |= wanted.intersection(day_of(hour) for hour in marked)
    return {place: some for place, some in found.items() if some}
