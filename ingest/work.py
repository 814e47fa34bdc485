"""One ingest worker: its tasks, from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from ingest.pipeline import Pipeline
from ingest.receive import Receiver
from ingest.upkeep import Upkeep
from schemas.runtime import garbage

if TYPE_CHECKING:
    from schemas.runtime.settings import Settings

_DRAIN_WITHIN_S = 3.0


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Receive until *stop*; what is not committed a moment later stays with the broker."""
    garbage.tune()
    password_file = settings.broker.password_file
    password = password_file.read_text(encoding="ascii").strip() if password_file else None
    receiver = Receiver(settings.broker, password)
    pipeline = Pipeline(settings, receiver)
    upkeep = Upkeep(settings, receiver, pipeline)
    tasks = [
        asyncio.create_task(pipeline.decode(), name="decode"),
        asyncio.create_task(pipeline.commit(), name="commit"),
        asyncio.create_task(upkeep.run(), name="upkeep"),
        asyncio.create_task(receiver.watch(), name="receive"),
    ]
    helpers = [
        asyncio.create_task(_tell_ready(settings, upkeep), name="ready"),
        asyncio.create_task(stop.wait(), name="stop"),
    ]
    done, _ = await asyncio.wait([*tasks, helpers[1]], return_when=asyncio.FIRST_COMPLETED)
    # The leases of our shares are kept until the sessions are left, or another would take them while we drain.
    upkeep.is_leaving = True
    await receiver.close_all(drain_s=_DRAIN_WITHIN_S)
    for task in [*tasks, *helpers]:
        task.cancel()
    for task in [*tasks, *helpers]:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
    await upkeep.leave()
    for task in done - {helpers[1]}:
        task.result()


async def _tell_ready(settings: Settings, upkeep: Upkeep) -> None:
    await upkeep.settled_in.wait()
    if settings.ready_file:
        settings.ready_file.touch()
