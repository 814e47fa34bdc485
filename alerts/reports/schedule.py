"""Makes the reports by the clock, and again where their facts changed: jobs for a timetable with a connection of its own.

A run does no more than a minute's work; the next one goes on. Nothing is made that is filed already and says the same.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from prometheus_client import Counter

from alerts.reports import store
from alerts.reports.due import DAY_AT, DAYS_BACK, MONTH_AT, MONTHS_BACK, Item, Known, Why, due, items
from alerts.reports.paper import DAILY, MONTHLY, Kind
from alerts.timetable import Job
from schemas.errors import DatabaseError
from schemas.runtime import clock, logs
from schemas.times import DAY, day_of, month_start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from datetime import date, datetime

    from alerts.judge.rules import Rule
    from alerts.reports.paper import Paper
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
BY = "schedule"
_LOOK_EVERY_S = 300.0
_WORK_AT_MOST_S = 60.0

MADE = Counter("report_made_total", "Versions of reports that were filed", ["kind"])
FAILURES = Counter("report_failures_total", "Reports that could not be made", ["kind"])
for _kind in Kind:
    MADE.labels(kind=_kind.value)
    FAILURES.labels(kind=_kind.value)


class Compose(Protocol):
    """Composes the papers of a kind and period; `alerts.reports.compose.papers` does."""

    def __call__(
        self, db: Database, kind: Kind, period: str, *, scopes: Collection[str] | None = None
    ) -> Awaitable[list[Paper]]:
        """Return them for the county and all sites, or for *scopes*."""


class Reports:
    """Makes what is due on the connection *db*. *may_run* is asked before each report."""

    def __init__(
        self, db: Database, *, compose: Compose | None = None, may_run: Callable[[], bool] = lambda: True
    ) -> None:
        self._db = db
        self._compose = compose or composer()
        self._may_run = may_run
        self._looked: dict[tuple[Kind, str], datetime] = {}
        self._changed: dict[date, datetime] = {}
        #: The last verdict that was seen; None: none yet, what is filed is compared soon anyway.
        self._verdict: int | None = None
        self._is_running = False
        self._is_new = True

    def jobs(self) -> list[Job]:
        """Return the jobs for a timetable."""
        return [
            Job(name="reports_day", daily=(DAY_AT.hour, DAY_AT.minute), work=self.run),
            Job(name="reports_month", daily=(MONTH_AT.hour, MONTH_AT.minute), work=self.run),
            Job(name="reports_look_back", every_s=_LOOK_EVERY_S, work=self.look_back),
        ]

    async def look_back(self) -> int:
        """Make what is due, but not at the first call: what waited for this process is being derived and judged just then."""
        first, self._is_new = self._is_new, False
        return 0 if first else await self.run()

    async def run(self, *, at_most_s: float = _WORK_AT_MOST_S) -> int:
        """Make what is due, for *at_most_s* seconds but one report at least; return how many versions were filed.

        A report that fails is left alone for an hour and holds up no other.

        Raises:
            DatabaseError: the database is away, or refuses; this ends the run.
            Exception: whatever the first report failed with, at the end of the run; each is counted.

        """
        if self._is_running:
            return 0
        self._is_running = True
        began, filed = time.monotonic(), 0
        failed: list[Exception] = []
        try:
            now = clock.now()
            for why, item in due(now, await self._known(now)):
                if not self._may_run():
                    break
                try:
                    filed += await self._make(item, why)
                except DatabaseError:
                    raise
                except Exception as exc:  # noqa: BLE001 - one kind that cannot be made must not starve the others; raised below
                    failed.append(exc)
                if time.monotonic() - began >= at_most_s:
                    break
        finally:
            self._is_running = False
        if failed:
            raise failed[0]
        return filed

    async def _known(self, now: datetime) -> Known:
        """Return what is to be decided by; changes are kept until the reports of their day were made anew."""
        today = day_of(now)
        since = today - DAYS_BACK * DAY
        first = month_start(today)
        for _ in range(MONTHS_BACK):
            first = month_start(first - DAY)
        since = min(since, first)
        [(_at, registry_at, verdict)] = await self._db.fetch("report_store_standing")
        after = verdict if self._verdict is None else self._verdict
        for day, changed in await self._db.fetch("report_store_changed", since=since, after=after):
            self._changed[day] = max(changed, self._changed.get(day, changed))
        self._changed = {day: at for day, at in self._changed.items() if day >= since}
        self._verdict = verdict
        wanted = {(item.kind, item.period) for item in items(now)}
        self._looked = {key: at for key, at in self._looked.items() if key in wanted}
        made: dict[tuple[Kind, str], datetime] = {}
        first_made: dict[Kind, date] = {}
        first_day: date | None = None
        for kinds in (DAILY, MONTHLY):
            names = [kind.value for kind in kinds]
            for kind, period, at in await self._db.fetch("report_store_made", since=since, kinds=names):
                made[Kind(kind), period] = at
            [(first_day, begun)] = await self._db.fetch("report_store_first", kinds=names, by=BY)
            first_made |= dict.fromkeys(kinds, begun) if begun else {}
        return Known(
            made=made, looked=self._looked, changed=self._changed, registry_at=registry_at, first_day=first_day,
            first_made=first_made,
        )  # fmt: skip

    async def _make(self, item: Item, why: Why) -> int:
        # As of the instant before anything is read: what comes meanwhile is newer than the paper.
        [(as_of, _, _)] = await self._db.fetch("report_store_standing")
        # Noted before it is tried: a report that fails must not keep the others from being made.
        self._looked[item.kind, item.period] = as_of
        try:
            papers = await self._compose(self._db, item.kind, item.period)
            filed = await store.file(self._db, papers, BY, made_at=as_of)
        except Exception:
            FAILURES.labels(kind=item.kind.value).inc()
            raise
        MADE.labels(kind=item.kind.value).inc(len(filed))
        if filed:
            amended = sum(one.version > 1 for one in filed)
            _LOG.info(
                "reports filed",
                kind=item.kind.value,
                period=item.period,
                why=why.name,
                filed=len(filed),
                amended=amended,
            )
        return len(filed)


def composer(rules: Callable[[], Mapping[str, Rule]] | None = None) -> Compose:
    """Return what composes papers from the database. *rules*: says which are in force; the shipped ones where absent."""
    from alerts.reports.compose import papers

    async def compose(db: Database, kind: Kind, period: str, *, scopes: Collection[str] | None = None) -> list[Paper]:
        return await papers(db, kind, period, scopes=scopes, rules=rules() if rules else None)

    return compose
