"""What is done by the clock and not by facts: each job in its own time, one after the other. The only importer of the scheduler."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from schemas.errors import DatabaseError
from schemas.runtime import logs
from schemas.runtime.clock import now
from schemas.times import SHANGHAI

_LOG = logs.get(__name__)
#: What was missed is made up for once, however late (design, 15).
_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
_SAID_AGAIN_S = 60.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """*work* under *name*: every *every_s* seconds, at once for the first time, or *daily* at (hour, minute) of Asia/Shanghai."""

    name: str
    work: Callable[[], Awaitable[object]]
    every_s: float = 0.0
    daily: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse a job that has no time, or two.

        Raises:
            ValueError: neither or both of *every_s* and *daily*.

        """
        if (self.every_s > 0) == (self.daily is not None):
            raise ValueError(f"job {self.name}: every_s or daily, one of them")

    def trigger(self) -> IntervalTrigger | CronTrigger:
        """Return when it is due, in the scheduler's own words."""
        if self.daily is None:
            return IntervalTrigger(seconds=self.every_s, timezone=SHANGHAI)
        hour, minute = self.daily
        return CronTrigger(hour=hour, minute=minute, timezone=SHANGHAI)


class Timetable:
    """Keeps to *jobs*, which take turns, since they share one connection.

    A job that fails is tried again when it is due again; *on_failure* is told its name. *may_run* is asked before each run.
    *is_lost* says whether the connection is gone: nothing but that ends the timetable, or one broken job would stop the others.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        may_run: Callable[[], bool] = lambda: True,
        is_lost: Callable[[], bool] = lambda: False,
        on_failure: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._jobs = jobs
        self._may_run = may_run
        self._is_lost = is_lost
        self._on_failure = on_failure
        self._turn = asyncio.Lock()
        self._anew = asyncio.Event()
        self._said: dict[str, float] = {}
        # It reports each run at the level of news; there is one every second.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)

    async def keep(self) -> None:
        """Keep to it until cancelled; no job runs on afterwards.

        Raises:
            DatabaseError: a job found the connection gone.

        """
        while True:
            self._anew.clear()
            lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            begun: set[asyncio.Task[None]] = set()
            scheduler = self._scheduled(lost, begun)
            anew = asyncio.ensure_future(self._anew.wait())
            ends: set[asyncio.Future[Any]] = {lost, anew}
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                scheduler.shutdown(wait=False)
                for task in (*begun, anew):
                    task.cancel()
                await asyncio.gather(*begun, anew, return_exceptions=True)
            if lost.done():
                return lost.result()

    def reset(self) -> None:
        """Reckon all due times anew: the clock was set, and what was planned by the old one may lie hours ahead."""
        self._anew.set()

    def _scheduled(self, lost: asyncio.Future[None], begun: set[asyncio.Task[None]]) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(timezone=SHANGHAI, job_defaults=_DEFAULTS)

        async def run(job: Job) -> None:
            # A task of ours: the scheduler forgets its own when it is shut down.
            task = asyncio.create_task(self._run(job, lost), name=job.name)
            begun.add(task)
            task.add_done_callback(begun.discard)
            await asyncio.wait({task})

        first = now()
        for job in self._jobs:
            at_once = {} if job.daily else {"next_run_time": first}
            scheduler.add_job(run, job.trigger(), args=[job], id=job.name, **at_once)
        scheduler.start()
        return scheduler

    def _say(self, name: str) -> None:
        """Say that the job failed: whole the first time, then once a minute. One that is due every second would bury all else."""
        at = time.monotonic()
        if at - self._said.get(name, -math.inf) >= _SAID_AGAIN_S:
            self._said[name] = at
            _LOG.exception("a job of the timetable failed, the others go on", job=name)

    async def _run(self, job: Job, lost: asyncio.Future[None]) -> None:
        async with self._turn:
            try:
                if self._may_run() and not lost.done():
                    await job.work()
            except Exception as exc:  # noqa: BLE001 - whatever a job has, the others must go on
                self._on_failure(job.name)
                if isinstance(exc, DatabaseError) and self._is_lost():
                    if not lost.done():
                        lost.set_exception(exc)
                    return
                self._say(job.name)


class Jump(msgspec.Struct, frozen=True):
    """The clock was set: how much time *wall* says has passed between two looks, and how much truly has."""

    wall: timedelta
    monotonic: timedelta


class ClockWatch:
    """Compares the clock on the wall with one that nobody can set. Pure: both are handed in."""

    def __init__(self, tolerance: timedelta = timedelta(seconds=60)) -> None:
        self._tolerance = tolerance
        self._last: tuple[datetime, float] | None = None

    def look(self, now: datetime, monotonic_s: float) -> Jump | None:
        """Return by how much the clock was set since the last look, or None where it was not."""
        last, self._last = self._last, (now, monotonic_s)
        if last is None:
            return None
        jump = Jump(now - last[0], timedelta(seconds=monotonic_s - last[1]))
        return jump if abs(jump.wall - jump.monotonic) > self._tolerance else None


__all__ = ["ClockWatch", "Job", "Jump", "Timetable"]
