"""Days judged for suspicion 疑似: scenes from the facts, the signals' answers as verdicts. The same facts give the same verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from alerts.judge.rules import RULES_VERSION
from alerts.judge.scenes import MONTH, Stage
from alerts.judge.signals.registry import SIGNALS
from alerts.judge.signals.scene import Answer, Found, Unknown
from alerts.judge.subjects import subjects
from alerts.judge.suspects import Asked, Place, asked
from schemas.catalog.enums import Outcome
from schemas.records import Verdict
from schemas.times import DAY, day_of, day_start

if TYPE_CHECKING:
    from alerts.judge.rules import Rule
    from alerts.judge.signals.scene import Declared
    from alerts.judge.subjects import Subject
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

_HOURS_A_DAY = 24
#: Hour values held in memory at once, about; 1 kB each.
_HOURS_AT_ONCE = 150_000
_FIGURES = 6
#: The limits of outlets and stacks hang on no day here: they are asked for each judged day.
_ANY_DAY = date(2026, 1, 1)
Wanted = Mapping["Subject", Iterable[datetime]]
_Days = dict[Asked, set[date]]


class Suspicion:
    """Judges the subjects of `alerts.judge.suspects` on one connection."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._asked: dict[tuple[str, str], Asked] = {}

    def learn(self, registry: Registry) -> None:
        """Take the places and what they measure from *registry*."""
        self._asked = {(one.rule, one.key): one for one in asked(registry, subjects(registry, _ANY_DAY))}

    async def judge(self, rules: Mapping[str, Rule], wanted: Wanted, now: datetime) -> list[Verdict]:
        """Return the verdicts on the wanted days, and on the ended days after them whose signals look back on them."""
        by_place: dict[Place, _Days] = defaultdict(dict)
        for subject, starts in wanted.items():
            one = self._asked.get((subject.rule, subject.key))
            if one is not None:
                by_place[one.place][one] = {day_of(start) for start in starts}
        verdicts: list[Verdict] = []
        for places in _chunks(by_place):
            verdicts += await self._some(rules, {place: by_place[place] for place in places}, now)
        return verdicts

    async def _some(self, rules: Mapping[str, Rule], wanted: dict[Place, _Days], now: datetime) -> list[Verdict]:
        stage = Stage(self._db, rules)
        await stage.load_days({place: _month_around(days, now) for place, days in wanted.items()})
        wanted = {place: _with_later(place, days, stage, now) for place, days in wanted.items()}
        asking: dict[Place, dict[date, list[Declared]]] = {}
        before: dict[Place, set[date]] = defaultdict(set)
        for place, asks in wanted.items():
            asking[place] = defaultdict(list)
            for one, days in asks.items():
                for day in days:
                    asking[place][day].append(SIGNALS[one.rule])
                for other in one.before:
                    before[other] |= days
        await stage.load(asking, before)
        return [
            _verdict(one, rules[one.rule], day, stage)
            for asks in wanted.values()
            for one, days in asks.items()
            for day in sorted(days)
        ]


def _chunks(by_place: Mapping[Place, _Days]) -> list[list[Place]]:
    """Return the places in groups whose hours can be held at once; one place is never divided."""
    chunks: list[list[Place]] = []
    room = 0
    for place, asks in by_place.items():
        days = len(set().union(*asks.values()))
        longest = max(SIGNALS[one.rule].hours_back for one in asks)
        hours = len(place.watch) * (days * _HOURS_A_DAY + longest)
        if not chunks or hours > room:
            chunks.append([])
            room = _HOURS_AT_ONCE
        chunks[-1].append(place)
        room -= hours
    return chunks


def _month_around(asks: _Days, now: datetime) -> tuple[date, date]:
    """Return the days that may be looked at: the month before the first wanted one, and what a change may reach after."""
    days = set().union(*asks.values())
    last = min(max(days) + MONTH * DAY, day_of(now))
    return min(days) - (MONTH - 1) * DAY, max(last, *days)


def _with_later(place: Place, asks: _Days, stage: Stage, now: datetime) -> _Days:
    """Add the days whose signals look back on a wanted day: what they see has changed as well."""
    found: _Days = {}
    for one, days in asks.items():
        declared = SIGNALS[one.rule]
        reach = MONTH - 1 if declared.wants_days else (declared.hours_back - 1) // _HOURS_A_DAY
        later = {day + number * DAY for day in days for number in range(1, reach + 1)} - days
        found[one] = days | {day for day in later if day_start(day) + DAY <= now and stage.has_day(place, day)}
    return found


def _verdict(one: Asked, rule: Rule, day: date, stage: Stage) -> Verdict:
    declared = SIGNALS[one.rule]
    answer = declared.find(
        stage.scene(one.place, day, declared, one.before), one.factor, {**declared.numbers, **rule.numbers}
    )
    point = one.place.series[one.factor or one.place.own[0]].point_id
    n_valid, n_expected = stage.hours_of(point, day)
    if answer is None and one.factor and not n_valid:
        # Silence and invalid data clear nobody (promise 6).
        answer = Unknown("当日没有有效数据")
    start = day_start(day)
    return Verdict(
        rule=one.rule,
        subject=one.key,
        point_id=point,
        window_start=start,
        window_end=start + DAY,
        outcome=_outcome(answer),
        value=None,
        limit_value=None,
        limit_id=f"signal.{one.rule}",
        body={
            "n_valid": n_valid,
            "n_expected": n_expected,
            "standard": "平台疑似信号",
            "clause": rule.zh,
            "edition": RULES_VERSION,
            "task": rule.task,
            "verified": True,
            "rule_version": RULES_VERSION,
            **_said(answer),
        },
    )


def _outcome(answer: Answer) -> Outcome:
    if isinstance(answer, Unknown):
        return Outcome.NOT_JUDGEABLE
    return Outcome.COMPLIANT if answer is None else Outcome.EXCEEDING


def _said(answer: Answer) -> dict[str, object]:
    if isinstance(answer, Unknown):
        return {"why": answer.why}
    if not isinstance(answer, Found):
        return {}
    return {
        "suspected": True,
        "note": answer.sentence,
        "figures": {name: round(figure, _FIGURES) for name, figure in answer.figures.items()},
        **({"since": answer.since.isoformat()} if answer.since else {}),
    }
