"""Tasks that live as long as the web process: started with it, ended with it, and never gone in silence."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nicegui import app

from schemas.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_LOG = logs.get(__name__)


def keep(name: str, work: Callable[[], Coroutine[object, object, None]]) -> None:
    """Run *work* while the web process lives; where it ends by itself, so does the process."""
    tasks: list[asyncio.Task[None]] = []

    def start() -> None:
        task = asyncio.get_running_loop().create_task(work(), name=name)
        task.add_done_callback(_ended)
        tasks.append(task)

    async def stop() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    app.on_startup(start)
    app.on_shutdown(stop)


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        # A page that silently stops moving is worse than one that is gone: end, the supervisor starts us again.
        _LOG.error("a task of the web process ended", task=task.get_name(), error=repr(task.exception()))
        app.shutdown()
