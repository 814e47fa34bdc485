"""Keeps one snapshot for all pages, read when something changed; holds the last good one while the database is away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from alerts.desk.snapshot import Follower, Reader
from schemas.errors import DatabaseError
from schemas.runtime import clock, database, logs

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from alerts.desk.facts import Snapshot
    from schemas.runtime.database import Database

_LOG = logs.get(__name__)
#: How often is looked for changes, and how long is rested between two readings: half of a second at most is added to a commit.
_LOOK_EVERY_S = 0.2
_REST_S = 0.4
#: After so long all is read though nothing told of a change: time alone makes readings silent and verdicts old.
_AT_LEAST_EVERY_S = 5.0
#: A database that does not answer for so long is away.
_ANSWER_WITHIN_S = 15.0
_FRESH_S = 10.0


class Keeper:
    """The shared snapshot and how old it is.

    *version* grows with each snapshot whose content changed, and when the database goes or comes back; `after` waits for it.
    """

    def __init__(
        self,
        url: str,
        ready_file: Path | None = None,
        *,
        answer_within_s: float = _ANSWER_WITHIN_S,
        reader: Reader | None = None,
    ) -> None:
        self._url = url
        self._reader = reader or Reader()
        self._ready_file = ready_file
        self._answer_within_s = answer_within_s
        self._moved = asyncio.Event()
        self.snapshot: Snapshot | None = None
        self.away_since: datetime | None = None
        self.version = 0

    async def run(self) -> None:
        """Read for ever; comes back by itself after the database was away."""
        attempt = 0
        while True:
            try:
                async with database.connect(self._url, "monitor-desk", answer_within_s=self._answer_within_s) as db:
                    follower = Follower(self._reader)
                    while True:
                        self._take(await follower.read(db, clock.now()))
                        attempt = 0
                        await self._wait_for_change(db, follower)
            except DatabaseError as exc:
                self._lose(exc)
                await database.pause(attempt, cap_s=3.0)
                attempt += 1

    async def after(self, version: int, within_s: float) -> int:
        """Return the present version as soon as it is beyond *version*, or when *within_s* passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.version <= version:
                    await self._moved.wait()
        return self.version

    def why_not_ready(self, now: datetime) -> str | None:
        """Return why the pages are not to be trusted *now*, or None when they are."""
        if self.snapshot is None:
            return "尚未读到数据 (no snapshot yet)."
        age = (now - self.snapshot.now).total_seconds()
        return None if age < _FRESH_S else f"数据已 {age:.0f} 秒未更新 (the last snapshot is {age:.0f} s old)."

    async def _wait_for_change(self, db: Database, follower: Follower) -> None:
        until, pause_s = time.monotonic() + _AT_LEAST_EVERY_S, _REST_S
        while True:
            await asyncio.sleep(pause_s)
            if time.monotonic() >= until or await follower.has_news(db):
                return
            pause_s = _LOOK_EVERY_S

    def _take(self, snapshot: Snapshot) -> None:
        if self.away_since is not None:
            _LOG.info("database back", since=str(self.away_since))
        if self.snapshot is None and self._ready_file is not None:
            self._ready_file.touch()
        before, self.snapshot = self.snapshot, snapshot
        if self.away_since is not None or before is None or not snapshot.says_the_same_as(before):
            self.away_since = None
            self._move()

    def _lose(self, exc: DatabaseError) -> None:
        if self.away_since is None:
            self.away_since = clock.now()
            _LOG.warning("database away", error=str(exc))
            self._move()

    def _move(self) -> None:
        """Wake all who wait for a new version."""
        self.version += 1
        self._moved.set()
        self._moved = asyncio.Event()


__all__ = ["Keeper"]
