"""Twenty days of fifty points: the messages that bring them, and a plain model of what must be stored."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import psycopg

from ingest.batch import Batch, add, finish
from ingest.columns import Columns, Lane
from schemas.records import Message
from schemas.runtime.clock import now
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.context import Context, Who
    from ingest.write import Settled, Writer

POINTS = 50
DAYS = 20
STEPS = 4_000
_STEP_MS = DAYS * 86_400_000 // STEPS
BATCH_MESSAGES = 5_000
DAY_MS = 86_400_000
NOW_MS = to_us(now()) // 1000 // 3_600_000 * 3_600_000
START_MS = NOW_MS - DAYS * DAY_MS

Values = dict[str, float]


@dataclass
class Model:
    """What a table without chunks, compression or planner would hold."""

    context: Context
    stored: dict[tuple[int, int], float] = field(default_factory=dict)

    def take(self, messages: Iterable[Message]) -> tuple[int, int, int]:
        """Store what *messages* say, the first value of a key wins; return how many were new, doubles, conflicts."""
        new = double = conflicting = 0
        for message in messages:
            _, _, site, device, _ = message.topic.split("/")
            body = json.loads(message.payload)
            for factor, value in body["values"].items():
                key = (self.context.index[site, device][factor].point_id, body["ts"])
                stands = self.stored.setdefault(key, math.nan)
                if math.isnan(stands):
                    self.stored[key] = value
                    new += 1
                elif stands == value:
                    double += 1
                else:
                    conflicting += 1
        return new, double, conflicting


_TOLD: list[tuple[Model, list[Message]]] = []


def twenty_days(context: Context) -> tuple[Model, list[Message]]:
    """Return all messages of the county and the model that has taken them; made once, for it takes a second."""
    if not _TOLD or _TOLD[0][0].context.index != context.index:
        messages = [message for step in range(STEPS) for message in say(context, step)]
        model = Model(context)
        assert model.take(messages) == (STEPS * POINTS, 0, 0)
        _TOLD[:] = [(model, messages)]
    model, messages = _TOLD[0]
    return Model(context, model.stored.copy()), messages


def devices(context: Context) -> dict[Who, list[str]]:
    """Return the devices of the county's first fifty points, each with its factors."""
    chosen: dict[Who, list[str]] = {}
    every = ((who, factor) for who, points in sorted(context.index.items()) for factor in sorted(points))
    for who, factor in islice(every, POINTS):
        chosen.setdefault(who, []).append(factor)
    return chosen


def say(context: Context, step: int, *, shift_ms: int = 0, change: float = 0.0) -> Iterator[Message]:
    """Yield what all devices say at *step*: slow swings with one decimal; *change*: so much of the span more."""
    received_us = to_us(now())
    for who, factors in devices(context).items():
        values = {factor: _value(context, who, factor, step, change) for factor in factors}
        body = {"ts": START_MS + step * _STEP_MS + shift_ms, "values": values}
        yield Message(f"{context.root}/{who[0]}/{who[1]}/telemetry", json.dumps(body).encode(), received_us, 1, 1)


def _value(context: Context, who: Who, factor: str, step: int, change: float) -> float:
    known = context.index[who][factor]
    span = min(known.high - known.low, 1000.0)
    return round(known.low + span * (0.5 + 0.4 * math.sin(step / 50 + known.point_id)), 1) + span * change


def steps_of(days_ago: float, count: int) -> range:
    """Return *count* steps from the UTC day that began *days_ago* (or a little more) ago."""
    begin = (int(NOW_MS - days_ago * DAY_MS) // DAY_MS * DAY_MS - START_MS) // _STEP_MS + 1
    return range(begin, begin + count)


async def write(writer: Writer, context: Context, messages: Sequence[Message]) -> tuple[int, int, int]:
    """Write *messages* as a worker does, by the fast lane first; return how many were new, doubles, conflicts."""
    lane = Lane(context)
    settled: list[Settled] = []
    for begin in range(0, len(messages), BATCH_MESSAGES):
        batch = Batch(columns=Columns(lane))
        add(batch, messages[begin : begin + BATCH_MESSAGES], context)
        finish(batch, context)
        settled += await writer.write(batch, context)
    assert all(one.received == one.stored + one.duplicate + one.rejected for one in settled)
    assert {refusal.reason.value for one in settled for refusal in one.rejections} <= {"conflict"}
    return sum(s.stored for s in settled), sum(s.duplicate for s in settled), sum(s.rejected for s in settled)


def stored(url: str) -> dict[tuple[int, int], float]:
    """Return every reading of the database."""
    query = (
        "SELECT point_id, array_agg((date_part('epoch', ts) * 1000)::bigint), array_agg(value)"
        " FROM reading GROUP BY point_id"
    )
    with psycopg.connect(url) as connection:
        return {
            (point, ts_ms): value
            for point, times, values in connection.execute(query, binary=True)
            for ts_ms, value in zip(times, values, strict=True)
        }
