"""The families of rules that feed on facts: limits by window, limits by single reading, sums, suspicion. Each judges its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from alerts.judge import instants, windows
from alerts.judge.accounts import Accounts
from alerts.judge.facts import Facts
from alerts.judge.signals.registry import SIGNALS
from alerts.judge.subjects import subjects
from alerts.judge.suspects import suspects
from alerts.judge.suspicion import Suspicion
from schemas.catalog.enums import Basis
from schemas.times import day_of, day_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.records import Verdict
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

#: Rules that hold a value against a limit, window by window.
_LIMIT_RULES = frozenset(
    {"sewage_day", "sewage_instant", "sewage_hour", "air_hour", "above_range", "boiler_efficiency"}
)
_INSTANT_RULES = frozenset({"sewage_ph"})
Wanted = dict["Subject", set[datetime]]


def subjects_of(registry: Registry, today: date) -> list[Subject]:
    """Return all that is judged on facts under *registry*: limits, sums, suspicion."""
    found = subjects(registry, today)
    return [*found, *suspects(registry, found)]


class Families:
    """Judges wanted windows on one connection."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._suspicion = Suspicion(db)

    def learn(self, registry: Registry) -> None:
        """Take from *registry* what the signals look at."""
        self._suspicion.learn(registry)

    async def judge(
        self, rules: Mapping[str, Rule], wanted: Wanted, now: datetime
    ) -> tuple[list[Verdict], windows.Void]:
        """Return the verdicts on the wanted windows, and the windows in which nothing binds."""
        if not wanted:
            return [], []
        facts = Facts(self._db)
        limits, singles, signals, sums = _apart(wanted)
        verdicts, void = await windows.judge(rules, limits, facts)
        found, gone = await instants.judge(rules, singles, facts)
        verdicts += found
        verdicts += await self._suspicion.judge(rules, signals, now)
        added = await Accounts(facts, now).judge(sums)
        void += gone + await self._overtaken(rules, sums, added)
        return verdicts + added, void

    async def _overtaken(self, rules: Mapping[str, Rule], sums: Wanted, verdicts: list[Verdict]) -> windows.Void:
        """Return the windows of years judged now that are none any more: its budget begins another day, its permit later."""
        made = {(one.rule, one.subject, one.window_start) for one in verdicts}
        void: windows.Void = []
        for one, starts in sums.items():
            if rules[one.rule].basis is not Basis.YEAR:
                continue
            for year in sorted({day_of(start).year for start in starts}):
                since, until = day_start(date(year, 1, 1)), day_start(date(year + 1, 1, 1))
                rows = await self._db.fetch_dicts("verdict_walk", rule=one.rule, subject=one.key, since=since)
                found = [row["window_start"] for row in rows if row["window_start"] < until]
                void += [(one, start) for start in found if (one.rule, one.key, start) not in made]
        return void


def _apart(wanted: Wanted) -> tuple[Wanted, Wanted, Wanted, Wanted]:
    """Return *wanted* by family: limits by window, by single reading, signals, sums."""
    limits, singles, signals, sums = {}, {}, {}, {}
    for one, starts in wanted.items():
        if one.rule in _LIMIT_RULES:
            limits[one] = starts
        elif one.rule in _INSTANT_RULES:
            singles[one] = starts
        elif one.rule in SIGNALS:
            signals[one] = starts
        else:
            sums[one] = starts
    return limits, singles, signals, sums
