"""One evaluation round: takes the new facts, judges their windows, walks the subjects they touch.

Facts, verdicts, incidents, history and outbox rows change in one transaction. Windows that have not ended wait.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.judge import filing, rules, system
from alerts.judge.families import Families, subjects_of
from alerts.judge.signals.registry import SIGNALS
from alerts.judge.watching import Watching
from alerts.store import Incidents
from alerts.telling import Teller
from schemas.catalog.enums import Basis
from schemas.digest import digest
from schemas.registry import store
from schemas.times import day_of, day_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.judge.filing import Touched
    from alerts.judge.rules import Rule
    from alerts.judge.subjects import Subject
    from schemas.runtime.database import Database
    from schemas.runtime.settings import AlertSettings

_FACTS_AT_ONCE = 5_000
#: Signals look back over many hours: no more days at once than an instant rule can wait for.
_SIGNALS_AT_ONCE = 500
_KIND = "subject"
#: Basis of the facts that suspicion feeds on: days, once nothing they look back on waits to be derived.
_SIGNAL = "signal"
_EVER, _NEVER = datetime.fromisoformat("1970-01-01T00:00:00Z"), datetime.fromisoformat("9999-01-01T00:00:00Z")
Span = tuple[datetime, datetime]


class Done(NamedTuple):
    """What one round did."""

    facts: int
    verdicts: int
    changed: int


class Round:
    """Judges on one connection, by the shipped rules or by *by*.

    *again*: the span that a replay is about: what the clock alone judges is left alone then, as without *watches*.
    """

    def __init__(
        self, db: Database, settings: AlertSettings, *, by: Mapping[str, Rule] | None = None, teller: Teller | None = None,
        again: Span | None = None, watches: bool = True,
    ) -> None:  # fmt: skip
        self._db = db
        self._rules = dict(by or rules.load())
        self._said_version = rules.RULES_VERSION
        self._again = again or (_EVER, _NEVER)
        self._watches = watches and again is None
        self._version = 0
        self._by_point: dict[tuple[str, int], list[Subject]] = {}
        self._by_key: dict[tuple[str, str], Subject] = {}
        #: Files that are read while we run → what is wrong with them.
        self.broken: dict[str, str | None] = {}
        self._teller = teller or Teller(db, settings)
        self._families = Families(db)
        self._watching = Watching(db)
        self._incidents = Incidents(db, self._rules, settings, self._teller)

    def obey(self, by: Mapping[str, Rule], version: str) -> None:
        """Go by other rules from the next round on; what they judge otherwise is judged again."""
        self._rules, self._said_version, self._version = dict(by), version, 0
        self._incidents.obey(self._rules)

    def forget_hearing(self) -> None:
        """Count silence anew from now: the clock has jumped, or nobody was listening."""
        self._watching.forget()

    async def round(self, now: datetime, *, instants_only: bool = False) -> Done:
        """Judge the facts whose windows have ended by *now*; return how much that was."""
        before = self._version
        try:
            return await self._round(now, instants_only=instants_only)
        except BaseException:
            # What a new registry marked to be judged again is rolled back with the rest: it is read anew.
            if self._version != before:
                self._version = 0
            raise

    async def _round(self, now: datetime, *, instants_only: bool) -> Done:
        async with self._db.transaction():
            await self._db.fetch("judge_lock")
            news = await self._reload(now)
            if not self._version:
                return Done(0, 0, 0)
            await self._teller.begin(now)
            taken = await self._db.fetch(
                "facts_take", now=now, at_most=_FACTS_AT_ONCE, basis=Basis.INSTANT.value if instants_only else None
            )
            wanted, asked = self._wanted(taken), 0
            if not instants_only:
                signals = await self._signals(taken, now)
                asked = len(signals)
                wanted |= signals
            verdicts, gone = await self._families.judge(self._rules, wanted, now)
            if not instants_only and self._watches:
                noticed, over = await self._watching.judge(self._rules, now)
                found = await system.judge(self._db, self.broken, now)
                verdicts += [*noticed, *(one for one in found if self._rules[one.rule].enabled)]
                gone += over
            touched = await filing.store(self._db, verdicts, self._said_version)
            touched = filing.joined(news, touched, await filing.void(self._db, gone))
            changed = await self._review(touched, now)
        return Done(len(taken) + asked, len(verdicts), changed)

    def _wanted(self, taken: Iterable[tuple[str, int, datetime]]) -> dict[Subject, set[datetime]]:
        wanted: dict[Subject, set[datetime]] = defaultdict(set)
        for basis, point, start in taken:
            for subject in self._by_point.get((basis, point), ()):
                wanted[subject].add(start)
        return wanted

    async def _signals(self, taken: list[tuple[str, int, datetime]], now: datetime) -> dict[Subject, set[datetime]]:
        """Return the days whose signals can be asked now; those of the *taken* facts wait until nothing before them does."""
        asked = [
            (point, start) for basis, point, start in taken if basis == Basis.DAY and (_SIGNAL, point) in self._by_point
        ]
        if asked:
            points, starts = zip(*asked, strict=True)
            await self._db.execute("signals_put", points=list(points), starts=list(starts))
        if len(taken) >= _FACTS_AT_ONCE:
            return {}
        today = day_start(day_of(now))
        rows = await self._db.fetch("signals_take", now=now, today=today, at_most=_SIGNALS_AT_ONCE)
        return self._wanted((_SIGNAL, point, start) for point, start in rows)

    async def _reload(self, now: datetime) -> Touched:
        """Read the registry when it has changed; what it, or another rule, changes for a subject is judged again.

        Returns:
            Rule and key of the subjects whose incidents are to be walked anew, or that are no more.

        """
        rows = await self._db.fetch("registry_version")
        if not rows or rows[0][0] == self._version:
            return {}
        registry = await store.current(self._db)
        if registry is None:
            return {}
        self._watching.learn(registry)
        judged = [*subjects_of(registry, day_of(now)), *self._watching.subjects()]
        found = [one for one in judged if self._rules[one.rule].enabled]
        self._by_key = {(one.rule, one.key): one for one in found}
        self._by_point = defaultdict(list)
        for one in found:
            for point in one.watch:
                self._by_point[_SIGNAL if one.rule in SIGNALS else one.basis, point].append(one)
        self._incidents.learn(registry)
        self._teller.learn(registry)
        self._families.learn(registry)
        self._version = registry.version_id
        return await self._compare(found)

    async def _compare(self, found: list[Subject]) -> Touched:
        held = {f"{one.rule} {one.key}": one for one in found}
        digests = {key: digest((one.digest(), self._rules[one.rule])) for key, one in held.items()}
        seen = dict(await self._db.fetch("plan_seen", kind=_KIND))
        news = [key for key, said in digests.items() if seen.get(key) != said]
        since, until = self._again
        touched: Touched = {}
        again: dict[str, set[int]] = defaultdict(set)
        # At the very first start there is nothing to be amended.
        for one in (held[key] for key in news if seen):
            again[one.basis].update(one.watch)
            touched[one.rule, one.key] = since
        for basis, points in again.items():
            await self._db.execute("facts_again", bases=[basis], points=sorted(points), since=since, until=until)
        # A replay of a span has judged nothing outside it: the evaluator must still find what is new.
        if news and self._again == (_EVER, _NEVER):
            await self._db.execute("plan_see", kind=_KIND, keys=news, digests=[digests[key] for key in news])
        lost = sorted(seen.keys() - digests.keys())
        for key in lost:
            rule, subject = key.split(" ", 1)
            await self._db.execute("verdict_void_subject", rule=rule, subject=subject)
            touched[rule, subject] = _EVER
        if lost:
            await self._db.execute("plan_forget", kind=_KIND, keys=lost)
        return touched

    async def _review(self, touched: Touched, now: datetime) -> int:
        """Walk the touched subjects, the graver rules first; those that yield to a changed one are walked too."""
        waiting = await self._incidents.concerned(touched)
        if waiting:
            await self._db.fetch("chain_lock")
        changed = 0
        for name in self._rules:
            for (rule, key), earliest in sorted(one for one in waiting.items() if one[0][0] == name):
                news = await self._incidents.review(self._subject(rule, key), now, earliest)
                changed += news
                if news:
                    yielding = ((other, key) for other, its in self._rules.items() if name in its.yields_to)
                    judged = [one for one in yielding if one in self._by_key]
                    waiting.update({one: min(earliest, waiting.get(one, earliest)) for one in judged})
        return changed

    def _subject(self, rule: str, key: str) -> Subject:
        return self._by_key.get((rule, key)) or system.gone(rule, key)
