"""The alert process: one round at a time over all processes, judging and sending until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from alerts.judge.round import Round
from alerts.notify import outbox
from schemas.errors import DatabaseError
from schemas.runtime import database, garbage, logs
from schemas.runtime.clock import now
from schemas.runtime.database import pause

if TYPE_CHECKING:
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Judge round after round, and send what is due, until *stop*."""
    garbage.tune()
    sender = asyncio.create_task(_send(settings), name="send")
    attempt = 0
    while not stop.is_set():
        try:
            async with database.connect(settings.database_url or "", "monitor-alerts") as db:
                one = Round(db, settings.alerts)
                if settings.ready_file:
                    settings.ready_file.touch()
                attempt = 0
                while not stop.is_set():
                    done = await one.round(now())
                    if done.verdicts:
                        _LOG.info("judged", facts=done.facts, verdicts=done.verdicts, incidents_changed=done.changed)
                    if not done.facts:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(stop.wait(), settings.alerts.every_s)
        except DatabaseError as exc:
            _LOG.warning("database away", error=str(exc), attempt=attempt)
            await pause(attempt)
            attempt += 1
    sender.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sender


async def _send(settings: Settings) -> None:
    """Send on a connection of its own: a slow receiver must not hold up judging."""
    attempt = 0
    while True:
        try:
            async with database.connect(settings.database_url or "", "monitor-notify") as db:
                attempt = 0
                while True:
                    await outbox.send_due(db, settings.alerts)
                    await asyncio.sleep(settings.alerts.every_s)
        except DatabaseError as exc:
            _LOG.warning("database away", error=str(exc), attempt=attempt)
            await pause(attempt)
            attempt += 1
