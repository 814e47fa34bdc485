"""Keeps one snapshot for all pages, read every second; holds the last good one while the database is away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.desk.snapshot import Reader
from schemas.errors import DatabaseError
from schemas.runtime import clock, database, logs

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from alerts.desk.facts import Snapshot

_LOG = logs.get(__name__)
_EVERY_S = 1.0
_FRESH_S = 10.0


class Keeper:
    """The shared snapshot and how old it is."""

    def __init__(self, url: str, ready_file: Path | None = None) -> None:
        self._url = url
        self._ready_file = ready_file
        self.snapshot: Snapshot | None = None
        self.away_since: datetime | None = None

    async def run(self) -> None:
        """Read for ever; comes back by itself after the database was away."""
        attempt = 0
        while True:
            try:
                async with database.connect(self._url, "monitor-desk") as db:
                    reader = Reader()
                    while True:
                        self._take(await reader.read(db, clock.now()))
                        attempt = 0
                        await asyncio.sleep(_EVERY_S)
            except DatabaseError as exc:
                self._lose(exc)
                await database.pause(attempt, cap_s=3.0)
                attempt += 1

    def why_not_ready(self, now: datetime) -> str | None:
        """Return why the pages are not to be trusted *now*, or None when they are."""
        if self.snapshot is None:
            return "尚未读到数据 (no snapshot yet)."
        age = (now - self.snapshot.now).total_seconds()
        return None if age < _FRESH_S else f"数据已 {age:.0f} 秒未更新 (the last snapshot is {age:.0f} s old)."

    def _take(self, snapshot: Snapshot) -> None:
        if self.away_since is not None:
            _LOG.info("database back", since=str(self.away_since))
        self.away_since = None
        if self.snapshot is None and self._ready_file is not None:
            self._ready_file.touch()
        self.snapshot = snapshot

    def _lose(self, exc: DatabaseError) -> None:
        if self.away_since is None:
            self.away_since = clock.now()
            _LOG.warning("database away", error=str(exc))


__all__ = ["Keeper"]
