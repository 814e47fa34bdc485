"""The alert process: one evaluator judges, sends and keeps the timetable while it holds the lease; any other stands by.

Each of these has a connection of its own: a slow receiver must not hold up judging, nor a long round the ladder's steps.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

from alerts import shown
from alerts.judge.round import Round
from alerts.ladder import Ladder
from alerts.lease import Lease, LeaseLostError, application, new_holder
from alerts.notify.outbox import Outbox
from alerts.office import Office
from alerts.reports.schedule import Reports, composer
from alerts.telling import Teller
from alerts.timetable import ClockWatch, Job, Timetable
from schemas.errors import DatabaseError
from schemas.runtime import database, garbage, logs
from schemas.runtime.clock import now
from schemas.runtime.database import pause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)
_LEASE = "alerts"
_CHANNEL = "facts"
#: A quiet line is tried so often, and must answer within that.
_CHECK_EVERY_S, _CHECK_WITHIN_S = 20.0, 5.0
#: Ingest commits up to twenty times a second: what comes within this is judged in one round.
_BETWEEN_ROUNDS_S = 0.2
_DRAIN_WITHIN_S = 3.0
_LADDER_EVERY_S = 1
_COUNT_EVERY_S = 15
_SHOWN_EVERY_S = 2
_COUNT_AT_MOST = 10_001

ROUND_SECONDS = Histogram(
    "alerts_round_seconds", "Time of one evaluation round", buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60)
)
IS_HOLDER = Gauge(
    "alerts_is_holder", "1 where this evaluator judges, 0 where it stands by", multiprocess_mode="livesum"
)
WAITING = Gauge("facts_waiting", "Facts that wait to be judged; 10,001: more than 10,000", multiprocess_mode="livemax")
FAILURES = Counter("alerts_job_failures_total", "Runs of the timetable's jobs that failed", ["job"])


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Stand by or evaluate until *stop*."""
    garbage.tune()
    office = Office(settings.alerts)
    facts = asyncio.Event()
    hearing = asyncio.create_task(hear(settings.database_url or "", facts), name="hear")
    try:
        while not stop.is_set():
            await Term(settings, office, stop, facts).serve()
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def hear(url: str, facts: asyncio.Event) -> None:
    """Set *facts* whenever the database tells of new ones, until cancelled. Deaf, the rounds go on by the timer."""
    attempt = 0
    while True:
        try:
            async with database.connect(url, "monitor-hear", answer_within_s=_CHECK_WITHIN_S) as db:
                await db.listen(_CHANNEL)
                if attempt:
                    _LOG.info("woken by new facts again")
                attempt = 0
                # Something may have come before we listened.
                facts.set()
                while True:
                    if await db.heard(_CHECK_EVERY_S):
                        facts.set()
        except DatabaseError as exc:
            if attempt == 0:
                _LOG.warning("not woken by new facts, the timer goes on", error=str(exc))
            await pause(attempt)
            attempt += 1


class Term:
    """One evaluator from standing by to the loss of its lease, or to *stop*. *facts* is set when there are new ones."""

    def __init__(self, settings: Settings, office: Office, stop: asyncio.Event, facts: asyncio.Event) -> None:
        self._settings = settings
        self._office = office
        self._stop = stop
        self._facts = facts
        self._notices = asyncio.Event()
        self._url = settings.database_url or ""
        self._lease = Lease(self._url, _LEASE, new_holder(), settings.alerts.lease_s)
        self._timetables: dict[str, Timetable] = {}
        self._clock = ClockWatch()
        self._outbox: Outbox | None = None

    @property
    def _may_work(self) -> bool:
        return self._lease.held and not self._stop.is_set()

    async def serve(self) -> None:
        """Stand by, evaluate, and give the lease back at the end."""
        guards = [asyncio.create_task(self._lease.keep()), asyncio.create_task(self._lease.expire())]
        stopping = asyncio.create_task(self._stop.wait())
        work = asyncio.create_task(self._work(), name="evaluate")
        try:
            await asyncio.wait({*guards, work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if self._stop.is_set():
                # What is being done is finished, and the lease held meanwhile.
                self._facts.set()
                self._notices.set()
                await asyncio.wait({*guards, work}, timeout=_DRAIN_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            IS_HOLDER.set(0)
            WAITING.set(0)
            for task in (work, stopping, *guards):
                task.cancel()
            # A database that does not answer keeps its caller; that cannot commit any more, and must not keep us.
            ended, _ = await asyncio.wait({work, *guards}, timeout=_DRAIN_WITHIN_S)
            if work in ended:
                await self._lease.release()
        for error in (one.exception() for one in ended if not one.cancelled()):
            if isinstance(error, LeaseLostError):
                _LOG.warning("this evaluator stops judging and stands by", why=str(error))
            elif error is not None:
                raise error

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._on_its_own("judge", self._judge))
            group.create_task(self._on_its_own("send", self._send))
            group.create_task(self._on_its_own("clock", self._keep_time))
            group.create_task(self._on_its_own("reports", self._report))

    async def _on_its_own(self, what: str, work: Callable[[Database], Awaitable[None]]) -> None:
        """Do *work* on a connection of its own, ready before the lease is ours; again when the database was away."""
        attempt = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                async with database.connect(self._url, application(self._lease.holder, what)) as db:
                    await work(db)
            except DatabaseError as exc:
                attempt = 0 if time.monotonic() - began > _CHECK_EVERY_S else attempt
                _LOG.warning("database away", work=what, error=str(exc), attempt=attempt)
                await pause(attempt)
                attempt += 1
            else:
                return

    async def _judge(self, db: Database) -> None:
        teller = Teller(db, self._settings.alerts, self._office.policy)
        one = Round(db, self._settings.alerts, by=self._office.rules, teller=teller)
        version = ""
        if self._settings.ready_file:
            self._settings.ready_file.touch()
        await self._gained()
        if self._may_work:
            IS_HOLDER.set(1)
            _LOG.info("this evaluator judges", holder=self._lease.holder)
        # While we stood by nobody may have been listening.
        one.forget_hearing()
        while self._may_work:
            began = time.monotonic()
            self._look_at_clock(one, began)
            self._facts.clear()
            one.broken = self._office.refresh()
            teller.policy = self._office.policy
            if self._outbox is not None:
                self._outbox.storm = self._office.policy.storm
            if version != self._office.version:
                version = self._office.version
                one.obey(self._office.rules, version)
            # Single readings first: a crowd of hours must not hold up an early warning.
            facts = await self._round(one, instants_only=True)
            if self._may_work:
                facts += await self._round(one, instants_only=False)
            if not facts:
                await asyncio.sleep(_BETWEEN_ROUNDS_S - (time.monotonic() - began))
                await _either(self._facts, self._settings.alerts.every_s)

    async def _round(self, one: Round, *, instants_only: bool) -> int:
        with ROUND_SECONDS.time():
            done = await one.round(now(), instants_only=instants_only)
        if done.verdicts:
            _LOG.info("judged", facts=done.facts, verdicts=done.verdicts, incidents_changed=done.changed)
        self._notices.set()
        return done.facts

    async def _send(self, db: Database) -> None:
        """Send what is due, whenever a round has ended, and by its own time."""
        office = self._office
        outbox = Outbox(
            db, self._settings.alerts, office.channels, storm=office.policy.storm, may_send=lambda: self._may_work
        )
        self._outbox = outbox
        await self._gained()
        if self._may_work:
            await outbox.run(self._stop, self._notices)

    async def _report(self, db: Database) -> None:
        """Make the reports by the clock; a month's papers take a minute, and the ladder must not wait for them."""
        await self._gained()
        await self._keep(
            "reports",
            db,
            Reports(db, compose=composer(lambda: self._office.rules), may_run=lambda: self._may_work).jobs(),
        )

    async def _keep_time(self, db: Database) -> None:
        await self._gained()
        await self._keep("duty", db, self._jobs(db))

    async def _keep(self, name: str, db: Database, jobs: list[Job]) -> None:
        timetable = Timetable(
            jobs,
            may_run=lambda: self._may_work,
            is_lost=lambda: db.closed,
            on_failure=lambda job: FAILURES.labels(job=job).inc(),
        )
        self._timetables[name] = timetable
        keeping = asyncio.create_task(timetable.keep())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                keeping.result()
        finally:
            for task in (keeping, stopping):
                task.cancel()
            await asyncio.gather(keeping, stopping, return_exceptions=True)

    def _jobs(self, db: Database) -> list[Job]:
        """Return what is done by the clock, on the connection *db*. A new job is one more entry of this list."""

        async def count() -> None:
            rows = await db.fetch("facts_waiting", now=now(), at_most=_COUNT_AT_MOST)
            WAITING.set(rows[0][0])

        async def climb() -> None:
            ladder.teller.policy = self._office.policy
            if await ladder.steps(now()):
                self._notices.set()

        async def show() -> None:
            await shown.refresh(db, self._office.rules)

        ladder = Ladder(db, self._settings.alerts)
        return [
            Job(name="ladder", every_s=_LADDER_EVERY_S, work=climb),
            Job(name="facts_waiting", every_s=_COUNT_EVERY_S, work=count),
            Job(name="shown", every_s=_SHOWN_EVERY_S, work=show),
        ]

    def _look_at_clock(self, one: Round, monotonic_s: float) -> None:
        """Where the clock was set, say it loudly, and begin anew with what is reckoned from it."""
        jump = self._clock.look(now(), monotonic_s)
        if jump is None:
            return
        _LOG.error("the clock was set", wall_s=jump.wall.total_seconds(), truly_s=jump.monotonic.total_seconds())
        one.forget_hearing()
        for timetable in self._timetables.values():
            timetable.reset()

    async def _gained(self) -> None:
        """Wait until the lease is ours, or we are told to stop."""
        waiting = [asyncio.create_task(one.wait()) for one in (self._lease.gained, self._stop)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for *event*, *seconds* at most."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
