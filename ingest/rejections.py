"""What was refused: looked through, and sent through the pipeline again after registry or decoder were mended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ingest.batch import build
from ingest.context import Caps, Context
from ingest.index import index_of
from ingest.write import Writer
from schemas.catalog.enums import Reason
from schemas.errors import UseError
from schemas.records import Message
from schemas.registry import store
from schemas.registry.derived import instant_points
from schemas.times import to_us

if TYPE_CHECKING:
    from schemas.runtime.database import Database
    from schemas.runtime.settings import Settings

_AT_ONCE = 500
_WORKER = "replay"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rejections are meant. *device* is ``site`` or ``site/device``; *contains* is looked for in topic, words and bytes."""

    reasons: tuple[Reason, ...] = ()
    device: str = ""
    since: datetime | None = None
    contains: str = ""
    replayed_too: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One rejection as it is kept."""

    rejection_id: int
    received_at: datetime
    reason: str
    topic: str
    details: list[str]
    refused: int
    payload: bytes
    batch_id: int
    replayed_at: datetime | None


class Replayed(msgspec.Struct, kw_only=True):
    """What became of the values sent through again."""

    messages: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0


async def find(db: Database, wanted: Filter, *, at_most: int, newest_first: bool = True, after: int = 0) -> list[Found]:
    """Return up to *at_most* rejections that *wanted* means, with numbers above *after*."""
    site, _, device = wanted.device.partition("/")
    rows = await db.fetch_dicts(
        "rejection_newest" if newest_first else "rejection_oldest",
        reasons=[reason.value for reason in wanted.reasons],
        site=site,
        device=device,
        since=wanted.since,
        contains=wanted.contains,
        replayed_too=wanted.replayed_too,
        after=after,
        at_most=at_most,
    )
    return [msgspec.convert(row, Found) for row in rows]


async def replay(db: Database, settings: Settings, wanted: Filter) -> Replayed:
    """Send the messages of the rejections that *wanted* means through decoder and registry of today.

    They keep the time at which they were received. What is refused again is a new rejection; the old one is marked
    replayed in the same transaction. Conflicts are left out unless asked for: the first value stands anyway.

    Raises:
        UseError: no registry is applied.

    """
    context = await _context(db, settings)
    if not wanted.reasons:
        wanted = msgspec.structs.replace(wanted, reasons=tuple(one for one in Reason if one is not Reason.CONFLICT))
    writer = Writer(db, _WORKER)
    await writer.prepare()
    done = Replayed()
    last = (await db.fetch("rejection_last"))[0][0]
    after = 0
    while found := await find(db, wanted, at_most=_AT_ONCE, newest_first=False, after=after):
        after = found[-1].rejection_id
        found = [one for one in found if one.rejection_id <= last]
        if found:
            await _replay_some(writer, context, found, done)
    return done


async def _replay_some(writer: Writer, context: Context, found: list[Found], done: Replayed) -> None:
    # One message may have been refused for several reasons: it goes through once.
    messages = {(one.batch_id, one.topic, one.received_at, one.payload): one for one in found}
    batch = build([Message(one.topic, one.payload, to_us(one.received_at), 0, 0) for one in messages.values()], context)
    batch.replays = [one.rejection_id for one in found]
    done.messages += len(messages)
    for settled in await writer.write(batch, context):
        done.stored += settled.stored
        done.duplicate += settled.duplicate
        done.rejected += settled.rejected


async def _context(db: Database, settings: Settings) -> Context:
    registry = await store.current(db)
    if registry is None:
        raise UseError("还没有注册表 (no registry is applied).", "monitor registry apply FILE")
    index, counters = index_of(registry)
    own: dict[str, Any] = {name: getattr(settings.ingest, name) for name in Caps.__struct_fields__}
    return Context(
        index=index, counters=counters, root=settings.broker.root, caps=Caps(**own), instants=instant_points(registry)
    )
