"""Readings that are judged one by one are facts as soon as they are stored, and only then."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

from ingest.batch import Batch, add, build, finish
from ingest.columns import Columns, Lane
from ingest.write import Writer
from schemas.records import Message
from schemas.registry.derived import instant_points
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.times import to_us

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ingest.context import Context
    from schemas.registry.store import Registry
    from schemas.runtime.database import Database

PH, COD = "w01001", "w01018"
NOW = now().replace(microsecond=0)


def sent(values: dict[str, Any], at: Any = NOW) -> Message:
    body = {"ts": to_us(at) // 1000, "values": values}
    return Message("yx/v1/bj-wwtp/outlet/telemetry", json.dumps(body).encode(), to_us(now()), 1, 1)


def by_columns(messages: list[Message], context: Context) -> Batch:
    batch = Batch(columns=Columns(Lane(context)))
    add(batch, messages, context)
    finish(batch, context)
    return batch


WAYS: dict[str, Callable[[list[Message], Context], Batch]] = {"plain": by_columns, "general": build}


class Bench:
    """A writer, and what it has left for the judge."""

    def __init__(self, db: Database, context: Context, ph: int) -> None:
        self.db = db
        self.context = context
        self.ph = ph
        self._writer = Writer(db, "w")

    async def write(self, *messages: Message, way: str = "plain") -> None:
        await self._writer.prepare()
        await self._writer.write(WAYS[way](list(messages), self.context), self.context)

    async def take(self, at_most: int = 100, at: Any = NOW) -> list[tuple[Any, ...]]:
        rows = await self.db.fetch("facts_take", now=at + timedelta(seconds=1), at_most=at_most, basis="instant")
        return sorted(rows, key=lambda row: row[2])


@pytest.fixture
async def bench(url: str, context: Context, registry: Registry) -> AsyncIterator[Bench]:
    context = msgspec.structs.replace(context, instants=instant_points(registry))
    async with database.connect(url, "tests") as db:
        yield Bench(db, context, registry.points["bj-wwtp", "outlet", PH])


@pytest.mark.parametrize("way", WAYS)
async def test_a_reading_of_ph_is_a_fact_when_it_is_stored(bench: Bench, way: str) -> None:
    await bench.write(sent({PH: 9.4, COD: 31}), way=way)
    assert await bench.take() == [("instant", bench.ph, NOW)]
    assert await bench.take() == []


@pytest.mark.parametrize("way", WAYS)
async def test_other_readings_are_none_before_their_hour(bench: Bench, way: str) -> None:
    await bench.write(sent({COD: 31}), way=way)
    assert await bench.db.fetch("facts_take", now=NOW + timedelta(days=99), at_most=10, basis=None) == []


async def test_the_instant_is_the_readings_own_to_the_millisecond(bench: Bench) -> None:
    times = [NOW - timedelta(milliseconds=n) for n in (999, 501, 1)]
    await bench.write(*(sent({PH: 7.0}, at) for at in times))
    stored = await bench.db.fetch("reading_between", points=[bench.ph], since=times[0], until=times[-1])
    taken = [to_us(start) for _, _, start in await bench.take()]
    assert taken == [ts_us for _, ts_us, *_ in stored] == [to_us(at) for at in times]


async def test_a_late_reading_is_a_fact_too(bench: Bench) -> None:
    await bench.write(sent({PH: 5.1}, NOW - timedelta(days=40)))
    assert await bench.take() == [("instant", bench.ph, NOW - timedelta(days=40))]


async def test_a_marked_reading_is_a_fact_too(bench: Bench) -> None:
    await bench.write(sent({PH: {"v": 5.1, "flag": "M"}}))
    assert await bench.take() == [("instant", bench.ph, NOW)]


@pytest.mark.parametrize("value", [9.4, 5.0])
async def test_a_second_value_of_one_instant_equal_or_not_says_nothing_new(bench: Bench, value: float) -> None:
    await bench.write(sent({PH: 9.4}))
    await bench.take()
    await bench.write(sent({PH: value}), sent({PH: 7.0}, NOW - timedelta(minutes=10)))
    assert await bench.take() == [("instant", bench.ph, NOW - timedelta(minutes=10))]


async def test_a_reading_ahead_of_our_clock_waits_until_its_instant(bench: Bench) -> None:
    ahead = NOW + timedelta(minutes=4)
    await bench.write(sent({PH: 9.4}, ahead))
    assert await bench.take() == []
    assert await bench.take(at=ahead) == [("instant", bench.ph, ahead)]


async def test_instants_are_handed_out_newest_first_and_before_a_crowd_of_hours(bench: Bench, url: str) -> None:
    hours = [NOW - timedelta(hours=n) for n in range(2, 50)]
    await bench.write(*(sent({PH: 7.0}, NOW - timedelta(minutes=10 * n)) for n in range(3)))
    with psycopg.connect(url) as other:
        for hour in hours:
            other.execute("INSERT INTO fresh_fact (basis, point_id, window_start) VALUES ('hour', 1, %s)", [hour])
    assert [start for _, _, start in await bench.take(2)] == [NOW - timedelta(minutes=10), NOW]
    waiting = await bench.db.fetch("facts_waiting", now=NOW + timedelta(seconds=1), at_most=1000)
    assert waiting == [(49,)]
    assert await bench.db.fetch("facts_waiting", now=NOW, at_most=10) == [(10,)]
    rest = await bench.db.fetch("facts_take", now=NOW + timedelta(seconds=1), at_most=1000, basis=None)
    assert len(rest) == 49


async def test_facts_and_readings_are_stored_together_or_not_at_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("the line is cut")

    monkeypatch.setattr(Writer, "_file", broken)
    with pytest.raises(OSError, match="cut"):
        await bench._writer._commit_once(by_columns([sent({PH: 9.4})], bench.context), bench.context, is_staged=False)
    assert await bench.take() == []


async def test_what_is_judged_again_is_every_stored_reading_of_the_span(bench: Bench) -> None:
    times = [NOW - timedelta(minutes=10 * n) for n in range(4)]
    await bench.write(*(sent({PH: 7.0, COD: 30}, at) for at in times))
    await bench.take()
    again = {"points": [bench.ph], "since": times[2], "until": times[0]}
    await bench.db.execute("facts_again", bases=["instant"], **again)
    assert [start for _, _, start in await bench.take()] == [times[2], times[1]]
    await bench.db.execute("facts_again", bases=["hour", "day", "month"], **again)
    assert await bench.take() == []


async def test_a_batch_without_such_readings_asks_nothing_more_of_the_database(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = database.Database.execute

    async def listened(self: Database, name: str, **parameters: object) -> int:
        asked.append(name)
        return await execute(self, name, **parameters)

    monkeypatch.setattr(database.Database, "execute", listened)
    await bench.write(sent({COD: 31}))
    assert "facts_instant" not in asked
    await bench.write(sent({PH: 7}))
    assert asked.count("facts_instant") == 1
