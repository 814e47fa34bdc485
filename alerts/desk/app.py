"""The web process: one background reader, one wall, the API. Wiring only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nicegui import app, ui

from alerts.desk import api, wall
from alerts.desk.keeper import Keeper
from schemas.runtime import logs

if TYPE_CHECKING:
    from schemas.runtime.settings import Settings

_LOG = logs.get(__name__)


def serve(settings: Settings) -> None:
    """Serve wall, API, health and metrics until a signal; returns within two seconds of it."""
    assert settings.database_url is not None
    keeper = Keeper(settings.database_url, settings.ready_file)
    source = api.Source(settings.database_url)
    tasks: list[asyncio.Task[None]] = []

    def start() -> None:
        task = asyncio.get_running_loop().create_task(keeper.run(), name="desk-keeper")
        task.add_done_callback(_reader_ended)
        tasks.append(task)

    async def stop() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await source.close()

    app.on_startup(start)
    app.on_shutdown(stop)
    api.mount(app, keeper, source)
    wall.mount(keeper)
    ui.run(
        host=settings.desk.host,
        port=settings.desk.port,
        title="永兴县在线监测",
        favicon="🏞",
        dark=True,
        language="zh-CN",
        reload=False,
        show=False,
        show_welcome_message=False,
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def _reader_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        # A page that silently stops moving is worse than one that is gone: end, the supervisor starts us again.
        _LOG.error("reader ended", error=repr(task.exception()))
        app.shutdown()
