"""One evaluation round: takes the new facts, judges their windows, walks the subjects they touch.

Facts, verdicts, incidents, history and outbox rows change in one transaction. Windows that have not ended wait.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge import rules, system
from alerts.judge.subjects import Subject, subjects
from alerts.judge.verdict import Judged, budget_in_force, judge_limit, judge_month
from alerts.store import Incidents
from schemas.catalog.limits import in_force
from schemas.records import Limit, Mean, Verdict, mean_of
from schemas.registry import store
from schemas.runtime import database
from schemas.times import DAY, day_of, day_start, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_FACTS_AT_ONCE = 5000


class Done(NamedTuple):
    """What one round did."""

    facts: int
    verdicts: int
    changed: int


class Round:
    """Judges on one connection."""

    def __init__(self, db: Database, settings: AlertSettings) -> None:
        self._db = db
        self._rules = rules.load()
        self._version = 0
        self._by_point: dict[tuple[str, int], list[Subject]] = {}
        self._incidents = Incidents(db, self._rules, settings)

    async def round(self, now: datetime) -> Done:
        """Judge the facts whose windows have ended by *now*; return how much that was."""
        await self._reload(now)
        if not self._version:
            return Done(0, 0, 0)
        async with self._db.transaction():
            facts = await self._db.fetch("facts_take", now=now, at_most=_FACTS_AT_ONCE)
            wanted: dict[Subject, set[datetime]] = defaultdict(set)
            for basis, point, start in facts:
                for subject in self._by_point.get((basis, point), ()):
                    wanted[subject].add(start)
            verdicts: list[Verdict] = []
            for subject, starts in wanted.items():
                verdicts += await self._judge(subject, starts, now)
            await self._store(verdicts)
            changed = await self._judge_system(now)
            for subject in wanted:
                changed += await self._incidents.review(subject, now)
        return Done(len(facts), len(verdicts), changed)

    async def _judge_system(self, now: datetime) -> int:
        """Judge ingest's own sums; return how many incidents changed."""
        changed = 0
        for check in await self._db.fetch_dicts("self_checks", rule=system.RULE):
            verdict = system.judge_check(check, check["last"])
            if verdict is not None:
                await self._store([verdict])
                changed += await self._incidents.review(system.subject_of(check["worker"]), now)
        return changed

    async def _reload(self, now: datetime) -> None:
        rows = await self._db.fetch("registry_version")
        if not rows or rows[0][0] == self._version:
            return
        registry = await store.current(self._db)
        if registry is None:
            return
        self._by_point = {}
        for subject in subjects(registry, day_of(now)):
            for point in filter(None, (subject.point_id, subject.water_temp_id)):
                self._by_point.setdefault((subject.basis, point), []).append(subject)
        self._incidents.learn(registry)
        self._version = registry.version_id

    async def _judge(self, subject: Subject, starts: Iterable[datetime], now: datetime) -> list[Verdict]:
        if subject.rule == "energy_budget":
            return await self._judge_months(subject, {month_start(day_of(start)) for start in starts}, now)
        if subject.basis == "hour":
            rows = await self._db.fetch("hourly_at", points=[subject.point_id], windows=list(starts))
            return [
                judge_limit(_judged(subject, start), mean, self._limit(subject, day_of(start), None))
                for start, mean in _means(rows, subject.point_id).items()
            ]
        return await self._judge_days(subject, starts)

    async def _judge_days(self, subject: Subject, starts: Iterable[datetime]) -> list[Verdict]:
        points = [subject.point_id, *([subject.water_temp_id] if subject.water_temp_id else [])]
        rows = await self._db.fetch("daily_at", points=points, windows=[day_of(start) for start in starts])
        temperatures = _means(rows, subject.water_temp_id)
        verdicts = []
        for start, mean in _means(rows, subject.point_id).items():
            temperature, note = None, ""
            if subject.water_temp_id is not None:
                of_day = temperatures.get(start)
                temperature = of_day.value if of_day and of_day.valid else None
                note = f"水温 {temperature:.1f}℃" if temperature is not None else "温度缺失，按严值"
            limit = self._limit(subject, day_of(start), temperature)
            verdicts.append(judge_limit(_judged(subject, start), mean, limit, note=note))
        return verdicts

    async def _judge_months(self, subject: Subject, months: Iterable[date], now: datetime) -> list[Verdict]:
        verdicts = []
        for month in months:
            through = min(next_month(month), day_of(now)) - DAY
            if through < month:
                continue
            rows = await self._db.fetch("daily_between", point=subject.point_id, since=month, until=through)
            days = [(day, mean_of(columns)) for day, *columns in rows]
            judged = _judged(subject, day_start(month))
            verdicts.append(judge_month(judged, days, budget_in_force(subject.budgets, month), through))
        return verdicts

    def _limit(self, subject: Subject, day: date, water_temp_c: float | None) -> Limit | None:
        return in_force(
            subject.scope, subject.factor, subject.basis, day=day, built=subject.built, water_temp_c=water_temp_c
        )

    async def _store(self, verdicts: list[Verdict]) -> None:
        rows = [
            {
                "rule": verdict.rule,
                "subject": verdict.subject,
                "point_id": verdict.point_id,
                "window_start": verdict.window_start,
                "window_end": verdict.window_end,
                "outcome": verdict.outcome.value,
                "value": verdict.value,
                "limit_value": verdict.limit_value,
                "limit_id": verdict.limit_id,
                "body": database.json(verdict.body),
            }
            for verdict in verdicts
        ]
        await self._db.execute_many("verdict_amend", rows)
        await self._db.execute_many("verdict_insert", rows)


def _judged(subject: Subject, start: datetime) -> Judged:
    return Judged(rule=subject.rule, subject=subject.key, point_id=subject.point_id, basis=subject.basis, start=start)


def _means(rows: list[tuple[object, ...]], point_id: int | None) -> dict[datetime, Mean]:
    """Return window start → mean of one point, oldest first; a day's start is its Shanghai midnight."""
    found = {}
    for point, window, *columns in rows:
        if point == point_id:
            start = window if isinstance(window, datetime) else day_start(window)  # type: ignore[arg-type]  # a date column
            found[start] = mean_of(columns)
    return dict(sorted(found.items()))
