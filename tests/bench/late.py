"""A late value: how soon after its commit hour, day and verdicts show it, with ``monitor derive`` and ``monitor alerts`` running."""

from __future__ import annotations

import asyncio
import json
import math
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from ingest.batch import build
from ingest.write import Writer
from schemas.records import Message
from schemas.registry import store
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.runtime.folder import DataFolder
from schemas.times import DAY, HOUR, SHANGHAI, day_of, day_start, to_us
from tests.bench.figures import Figure, over_rounds
from tests.bench.filling import say
from tests.bench.replaying import county_in_force, write
from tests.bench.stand import start_monitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.context import Context
    from tests.bench.filling import Cluster

_SITE, _DEVICE, _OUTLET, _COD = "bj-wwtp", "outlet", "DW001", "w01018"
_TOPIC = f"yx/v1/{_SITE}/{_DEVICE}/telemetry"
_SUBJECT = f"{_SITE}/{_OUTLET}/{_COD}"
_TEN_MINUTES = timedelta(minutes=10)
_SECOND = timedelta(seconds=1)
#: The hours of yesterday that are held back, one for each repetition; 19 of 24 are left, which judge the day (18 needed).
_HELD_BACK = (3, 7, 11, 15, 19)
_COD_MGL, _LATE_MGL = 30.0, 40.0
_POLL_S, _WITHIN_S = 0.02, 60.0
#: Between two repetitions, each time longer: the processes look once a second, and the value may come at any part of it.
_PAUSE_S = 1.3
_SHOWN = """
SELECT (SELECT value FROM hourly WHERE point_id = %(point)s AND hour = %(hour)s),
       (SELECT value FROM verdict WHERE rule = 'sewage_instant' AND subject = %(subject)s AND window_start = %(hour)s
                                    AND amended_at IS NULL),
       (SELECT value FROM daily WHERE point_id = %(point)s AND day = %(day)s),
       (SELECT value FROM verdict WHERE rule = 'sewage_day' AND subject = %(subject)s AND window_start = %(start)s
                                    AND amended_at IS NULL)
"""
_WAITING = """
SELECT (SELECT count(*) FROM stale_window)
     + (SELECT count(*) FROM fresh_fact
        WHERE (basis = 'hour' AND window_start < now() - INTERVAL '1 hour')
           OR (basis IN ('day', 'signal') AND window_start < now() - INTERVAL '1 day')
           OR (basis IN ('instant', 'month') AND window_start < now()))
"""


class Window(NamedTuple):
    """The window that is looked at: its hour, and the start of its day."""

    point: int
    hour: datetime
    start: datetime

    def shown(self, db: psycopg.Connection) -> list[float | None]:
        """Return what stands there: of the hour value and verdict, of the day value and verdict."""
        wanted = {**self._asdict(), "day": self.start.astimezone(SHANGHAI).date(), "subject": _SUBJECT}
        return list(db.execute(_SHOWN, wanted).fetchone() or ())


def two_days(start: datetime) -> Iterator[Message]:
    """Return the day that begins at *start* and the one before it, live, without the hours held back."""
    for tick in range(-144, 144):
        at = start + tick * _TEN_MINUTES
        values = {"w00000": 100.0, "w01010": 16.0, "w01001": 7.0}
        if tick % 6 == 0 and tick not in {6 * hour for hour in _HELD_BACK}:
            values |= {_COD: _COD_MGL, "w21003": 2.0, "w21001": 10.0, "w21011": 0.3, "w01012": 5.0}
        yield _message(at, values, at + _SECOND)


def _message(at: datetime, values: dict[str, float], received: datetime) -> Message:
    return Message(_TOPIC, json.dumps({"ts": to_us(at) // 1000, "values": values}).encode(), to_us(received), 1, 1)


def late_value(server: Cluster) -> list[Figure]:
    """Time how soon a value of yesterday shows everywhere; median and worst of the repetitions."""
    yesterday = day_start(day_of(now())) - DAY
    folder = DataFolder(server.root / "late")
    folder.prepare()
    with server.fresh("late") as url, ExitStack() as stack:
        context, point = asyncio.run(_prepare(url, yesterday))
        for command in ("derive", "alerts"):
            start_monitor(command, url, folder, stack, {})
        with psycopg.connect(url, autocommit=True) as db:
            _settle(db, Window(point, yesterday, yesterday))
            seconds = asyncio.run(_repeat(url, context, db, point, yesterday))
    return [
        over_rounds("late_value", seconds, "s", "< 5"),
        Figure("late_value_worst", max(seconds), "s", "< 5"),
    ]


async def _prepare(url: str, yesterday: datetime) -> tuple[Context, int]:
    async with database.connect(url, "bench") as db:
        context = await county_in_force(db)
        await write(db, context, two_days(yesterday))
        registry = await store.current(db)
    assert registry is not None
    return context, registry.points[_SITE, _DEVICE, _COD]


def _settle(db: psycopg.Connection, first: Window) -> None:
    """Wait until everything that was written is derived and judged."""
    until = time.monotonic() + _WITHIN_S
    while None in first.shown(db) or (db.execute(_WAITING).fetchone() or (1,))[0]:
        assert time.monotonic() < until, "the two days are not derived and judged"
        time.sleep(_POLL_S)


async def _repeat(url: str, context: Context, db: psycopg.Connection, point: int, yesterday: datetime) -> list[float]:
    seconds: list[float] = []
    values = [_COD_MGL] * (24 - len(_HELD_BACK))
    async with database.connect(url, "bench") as ours:
        writer = Writer(ours, "bench")
        await writer.prepare()
        for number, hour in enumerate(_HELD_BACK, 1):
            await asyncio.sleep(_PAUSE_S * number)
            window = Window(point, yesterday + hour * HOUR, yesterday)
            # Each another value: a day that shows an earlier one shows not yet this.
            values.append(_LATE_MGL + number)
            mean = math.fsum(values) / len(values)
            assert not _shows(window.shown(db), values[-1], mean), "it is not there before it comes"
            message = _message(window.hour, {_COD: values[-1]}, now())
            settled = await writer.write(build([message], context), context)
            committed = time.monotonic()
            assert sum(one.stored for one in settled) == 1, "the late value is taken"
            seconds.append(_until_shown(db, window, values[-1], mean) - committed)
            say(f"late_value: {seconds[-1]:.2f} s")
    return seconds


def _until_shown(db: psycopg.Connection, window: Window, value: float, mean: float) -> float:
    """Return when hour, day and both verdicts have shown the value."""
    until = time.monotonic() + _WITHIN_S
    while not _shows(window.shown(db), value, mean):
        assert time.monotonic() < until, f"after {_WITHIN_S} s there stands {window.shown(db)}"
        time.sleep(_POLL_S)
    return time.monotonic()


def _shows(found: list[float | None], value: float, mean: float) -> bool:
    return all(
        one is not None and math.isclose(one, wanted, rel_tol=1e-9)
        for one, wanted in zip(found, (value, value, mean, mean), strict=True)
    )
