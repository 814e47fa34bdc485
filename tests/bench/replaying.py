"""A replay of weeks: the example county as it would have come in live, derived and judged, then all of it once more."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from alerts.judge.round import Round
from alerts.replay import replay
from ingest.batch import build
from ingest.derive.rounds import Rounds, catch_up
from ingest.write import Writer
from schemas.records import Message
from schemas.registry import document, store
from schemas.runtime import database
from schemas.runtime.settings import AlertSettings
from schemas.times import DAY, HOUR
from simulator import fleet, scenario
from simulator.example import example_path, scenario_path
from tests.bench.figures import Figure
from tests.bench.filling import say
from tests.conftest import context_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.replay import Replayed
    from ingest.context import Context
    from schemas.runtime.database import Database
    from tests.bench.filling import Cluster

_SEED = 1
_UNTIL = fleet.FIXED_UNTIL
_NOW = _UNTIL + HOUR
_CHUNK = 5_000
_RECEIVED_AFTER_US = 1_000_000
_MAX_WINDOWS = 20_000
_SHOWN = 10
_COUNTY = document.load_checked(example_path())


class _Sent(msgspec.Struct):
    """What of a message says when it was sent."""

    ts: int


async def county_in_force(db: Database) -> Context:
    """Apply the example county; return what a worker reads messages against."""
    await store.apply(db, _COUNTY, applied_by="bench")
    registry = await store.current(db)
    assert registry is not None
    return context_of(registry)


async def write(db: Database, context: Context, messages: Iterator[Message]) -> int:
    """Store *messages* as ingest does; return how many readings that were. Nothing may be refused."""
    writer, stored = Writer(db, "bench"), 0
    await writer.prepare()
    while some := list(islice(messages, _CHUNK)):
        for settled in await writer.write(build(some, context), context):
            assert not settled.rejected, settled.rejections[0].details
            stored += settled.stored
    return stored


def live(days: float) -> Iterator[Message]:
    """Return the *days* before a fixed instant as the devices would have sent them live: a second after each instant."""
    story = scenario.load(scenario_path("first_morning"), _COUNTY)
    sent = fleet.dry_run(_COUNTY, scenario=story, seed=_SEED, days=days, until=_UNTIL, batch=1)
    decode = msgspec.json.Decoder(_Sent).decode
    for number, (topic, payload) in enumerate(sent, 1):
        yield Message(topic, payload, decode(payload).ts * 1000 + _RECEIVED_AFTER_US, number, 1)


def replay_days(server: Cluster, days: int) -> list[Figure]:
    """Time the replay of *days*: it must change nothing."""
    with server.fresh("replaying") as url:
        return asyncio.run(_replay_days(url, days))


async def _replay_days(url: str, days: int) -> list[Figure]:
    name, since = f"replay_{days}_days", _UNTIL - timedelta(days=days)
    settings = AlertSettings()
    async with database.connect(url, "bench") as db:
        context = await county_in_force(db)
        rounds, judge = Rounds(db, _MAX_WINDOWS), Round(db, settings)
        # From here on silence is noticed.
        await rounds.round(since + HOUR / 2)
        began = time.monotonic()
        stored = await write(db, context, live(days))
        say(f"{name}: {stored:,} readings written in {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        while (await rounds.round(_NOW)).marks:
            pass
        derived = time.monotonic()
        while (await judge.round(_NOW)).facts:
            pass
        first = [derived - began, time.monotonic() - derived]
        began = time.monotonic()
        done = await replay(db, settings, (since, _UNTIL), catch_up, now=_NOW, dry_run=False)
        seconds = time.monotonic() - began
    assert done.hours >= days * (DAY // HOUR) * len(context.counters), "the replay has derived the span"
    _tell(done, name)
    return [
        Figure(name, seconds, "s", "< 60"),
        Figure(f"{name}_changes", len(done.changes) + len(done.differences), "changes", "= 0"),
        Figure(f"{name}_hours", done.hours, "point-hours"),
        Figure(f"{name}_verdicts", done.verdicts, "verdicts"),
        Figure(f"{name}_first_derive", first[0], "s"),
        Figure(f"{name}_first_judge", first[1], "s"),
    ]


def _tell(done: Replayed, name: str) -> None:
    """Tell loudly what a replay has changed: the same facts must give the same verdicts."""
    changes = [*map(str, done.changes), *map(str, done.differences)]
    for change in changes[:_SHOWN]:
        say(f"{name} CHANGED {change}")
    if len(changes) > _SHOWN:
        say(f"{name} CHANGED {len(changes) - _SHOWN} more")
