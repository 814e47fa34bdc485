"""One evaluation round: takes the new facts, judges their windows, walks the subjects they touch.

Facts, verdicts, incidents, history and outbox rows change in one transaction. Windows that have not ended wait.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from alerts.judge import rules, system, windows
from alerts.judge.accounts import Accounts
from alerts.judge.facts import Facts
from alerts.judge.subjects import Subject, subjects
from alerts.store import Incidents
from schemas.catalog.enums import Basis
from schemas.registry import store
from schemas.times import day_of, day_start

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.records import Verdict
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_FACTS_AT_ONCE = 20_000
#: Rules that hold a value against a limit, window by window; the others add up.
_LIMIT_RULES = frozenset(
    {"sewage_day", "sewage_instant", "sewage_hour", "air_hour", "above_range", "boiler_efficiency"}
)
_KIND = "subject"
#: Rule and subject → the earliest window for which something changed.
Touched = dict[tuple[str, str], datetime]
_EVER, _NEVER = datetime.fromisoformat("1970-01-01T00:00:00Z"), datetime.fromisoformat("9999-01-01T00:00:00Z")


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
        self._by_key: dict[tuple[str, str], Subject] = {}
        self._incidents = Incidents(db, self._rules, settings)

    async def round(self, now: datetime) -> Done:
        """Judge the facts whose windows have ended by *now*; return how much that was."""
        before = self._version
        try:
            return await self._round(now)
        except BaseException:
            # What a new registry marked to be judged again is rolled back with the rest: it is read anew.
            if self._version != before:
                self._version = 0
            raise

    async def _round(self, now: datetime) -> Done:
        async with self._db.transaction():
            await self._db.fetch("judge_lock")
            gone = await self._reload(now)
            if not self._version:
                return Done(0, 0, 0)
            taken = await self._db.fetch("facts_take", now=now, at_most=_FACTS_AT_ONCE)
            wanted: dict[Subject, set[datetime]] = defaultdict(set)
            for basis, point, start in taken:
                for subject in self._by_point.get((basis, point), ()):
                    wanted[subject].add(start)
            verdicts, touched = await self._judge(wanted, now)
            changed = await self._judge_system(now)
            changed += await self._review(gone | touched, now)
        return Done(len(taken), len(verdicts), changed)

    async def _judge(self, wanted: dict[Subject, set[datetime]], now: datetime) -> tuple[list[Verdict], Touched]:
        """Judge and store; return the verdicts, and the subjects for which something changed."""
        facts = Facts(self._db)
        by_limit = {one: starts for one, starts in wanted.items() if one.rule in _LIMIT_RULES}
        by_sum = {one: starts for one, starts in wanted.items() if one.rule not in _LIMIT_RULES}
        verdicts, void = await windows.judge(self._rules, by_limit, facts)
        verdicts += await Accounts(facts, now).judge(by_sum)
        void += await self._overtaken(by_sum, verdicts)
        touched = await self._store(verdicts)
        if void:
            rows = await self._db.fetch(
                "verdict_void",
                rules=[one.rule for one, _ in void],
                subjects=[one.key for one, _ in void],
                starts=[start for _, start in void],
            )
            touched = _earliest([*rows, *((*key, start) for key, start in touched.items())])
        return verdicts, touched

    async def _overtaken(self, by_sum: dict[Subject, set[datetime]], verdicts: list[Verdict]) -> windows.Void:
        """Return the windows of years judged now that are none any more: its budget begins another day, its permit later."""
        made = {(one.rule, one.subject, one.window_start) for one in verdicts}
        void: windows.Void = []
        for one, starts in by_sum.items():
            if self._rules[one.rule].basis is not Basis.YEAR:
                continue
            for year in sorted({day_of(start).year for start in starts}):
                since, until = day_start(date(year, 1, 1)), day_start(date(year + 1, 1, 1))
                rows = await self._db.fetch_dicts("verdict_walk", rule=one.rule, subject=one.key, since=since)
                found = [row["window_start"] for row in rows if row["window_start"] < until]
                void += [(one, start) for start in found if (one.rule, one.key, start) not in made]
        return void

    async def _judge_system(self, now: datetime) -> int:
        """Judge ingest's own sums; return how many incidents changed."""
        changed = 0
        for check in await self._db.fetch_dicts("self_checks", rule=system.RULE):
            verdict = system.judge_check(check, check["last"])
            if verdict is not None:
                await self._store([verdict])
                changed += await self._incidents.review(system.subject_of(check["worker"]), now, verdict.window_start)
        return changed

    async def _reload(self, now: datetime) -> Touched:
        """Read the registry when it has changed; what it changes for a subject is judged again.

        Returns:
            Rule and key of the subjects that are no more.

        """
        rows = await self._db.fetch("registry_version")
        if not rows or rows[0][0] == self._version:
            return {}
        registry = await store.current(self._db)
        if registry is None:
            return {}
        found = subjects(registry, day_of(now))
        self._by_key = {(one.rule, one.key): one for one in found}
        self._by_point = defaultdict(list)
        for one in found:
            for point in one.watch:
                self._by_point[one.basis, point].append(one)
        self._incidents.learn(registry)
        self._version = registry.version_id
        return await self._compare({f"{one.rule} {one.key}": one for one in found})

    async def _compare(self, held: dict[str, Subject]) -> Touched:
        digests = {key: one.digest() for key, one in held.items()}
        seen = dict(await self._db.fetch("plan_seen", kind=_KIND))
        news = [key for key, digest in digests.items() if seen.get(key) != digest]
        for key in news:
            one = held[key]
            # At the very first start there is nothing to be amended.
            if seen:
                await self._db.execute(
                    "facts_again", bases=[one.basis], points=list(one.watch), since=_EVER, until=_NEVER
                )
        if news:
            await self._db.execute("plan_see", kind=_KIND, keys=news, digests=[digests[key] for key in news])
        gone: Touched = {}
        for key in sorted(seen.keys() - digests.keys()):
            rule, subject = key.split(" ", 1)
            await self._db.execute("verdict_void_subject", rule=rule, subject=subject)
            gone[rule, subject] = _EVER
        if gone:
            await self._db.execute("plan_forget", kind=_KIND, keys=[" ".join(key) for key in gone])
        return gone

    async def _store(self, verdicts: list[Verdict]) -> Touched:
        """File *verdicts*; return rule and subject of those that say something new."""
        if not verdicts:
            return {}
        columns = {
            "rules": [one.rule for one in verdicts],
            "subjects": [one.subject for one in verdicts],
            "starts": [one.window_start for one in verdicts],
            "outcomes": [one.outcome.value for one in verdicts],
            "values": [one.value for one in verdicts],
            "limits": [one.limit_value for one in verdicts],
            "limit_ids": [one.limit_id for one in verdicts],
            "bodies": [
                msgspec.json.encode({"rule_version": rules.RULES_VERSION} | one.body).decode() for one in verdicts
            ],
        }
        await self._db.execute("verdict_amend", **columns)
        rows = await self._db.fetch(
            "verdict_insert",
            points=[one.point_id for one in verdicts],
            ends=[one.window_end for one in verdicts],
            **columns,
        )
        return _earliest(rows)

    async def _review(self, touched: Touched, now: datetime) -> int:
        """Walk the touched subjects, the graver rules first; those that yield to a changed one are walked too."""
        waiting = await self._incidents.concerned(touched)
        changed = 0
        for name in self._rules:
            for (rule, key), earliest in sorted(one for one in waiting.items() if one[0][0] == name):
                subject = self._by_key.get((rule, key)) or system.gone(rule, key)
                news = await self._incidents.review(subject, now, earliest)
                changed += news
                if news:
                    yielding = ((other, key) for other, its in self._rules.items() if name in its.yields_to)
                    waiting.update({one: min(earliest, waiting.get(one, earliest)) for one in yielding})
        return changed


def _earliest(rows: Iterable[tuple[Any, ...]]) -> Touched:
    found: Touched = {}
    for rule, subject, start in rows:
        found[rule, subject] = min(start, found.get((rule, subject), start))
    return found
