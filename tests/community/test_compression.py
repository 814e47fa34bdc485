"""On the community licence: what has passed the horizon is compressed, and nothing that we promise changes."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from ingest.derive.retention import drop_old
from ingest.write import Writer
from schemas.runtime import database
from schemas.runtime.clock import now
from schemas.runtime.migrate import migrate
from schemas.runtime.settings import IngestSettings, RetentionSettings, Settings
from tests.community import statements
from tests.community.county import POINTS, Model, say, steps_of, stored, twenty_days, write

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ingest.context import Context
    from tests.community.conftest import Figures

_CHUNKS = """
SELECT c.is_compressed, c.range_start, c.range_end, k.status
FROM timescaledb_information.chunks c
JOIN _timescaledb_catalog.chunk k ON (k.schema_name, k.table_name) = (c.chunk_schema, c.chunk_name)
WHERE c.hypertable_name = 'reading' ORDER BY c.range_start
"""
_WHOLE = 1  # the status of a chunk of which every row is compressed; 9: rows came later
_SUMS = """
SELECT point_id, count(*), sum(value::numeric), min(ts), max(ts), (array_agg(value ORDER BY ts DESC))[1] FROM reading
GROUP BY point_id ORDER BY point_id
"""
_DIGEST = "SELECT count(*), md5(string_agg(reading::text, '|' ORDER BY point_id, ts)) FROM reading"
_DERIVED = """
INSERT INTO hourly (point_id, hour, value, n_valid, n_expected, valid, marks, note, rule_version)
SELECT point_id, date_trunc('hour', ts, 'UTC'), avg(value), 1, 1, true, '', '', 'test' FROM reading GROUP BY 1, 2
"""
_CONFLICTS = "SELECT count(*), sum(refused) FROM rejection WHERE reason = 'conflict'"


def run(url: str, *queries: str, **parameters: object) -> list[tuple[Any, ...]]:
    """Run *queries*; return the rows of the last."""
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        for query in queries:
            cursor = connection.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


def statuses(url: str) -> list[int]:
    return [status for is_compressed, _, _, status in run(url, _CHUNKS) if is_compressed]


@pytest.fixture
async def model(url: str, context: Context) -> Model:
    """Twenty days are stored and compression is turned on; nothing is compressed yet."""
    # Rooms of a day, so that there are several on both sides of the horizon.
    run(url, "SELECT size_rooms(1)")
    model, messages = twenty_days(context)
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        assert await write(writer, context, messages) == (200_000, 0, 0)
    return model


@pytest.fixture
def compressed(url: str, model: Model) -> Model:
    run(url, statements.COMPRESS_OLD)
    assert set(statuses(url)) == {_WHOLE}
    return model


def test_our_migrations_turn_compression_on_where_the_licence_allows_it(empty_url: str) -> None:
    migrate(empty_url)
    assert run(empty_url, "SELECT hypertable_name FROM timescaledb_information.hypertables") == [("reading",)]
    assert run(empty_url, statements.LICENSED) == [(True,)]
    found = run(empty_url, "SELECT attname, segmentby_column_index FROM timescaledb_information.compression_settings")
    assert found == [("point_id", 1), ("ts", None)]
    [(name, config)] = run(
        empty_url, "SELECT proc_name, config FROM timescaledb_information.jobs WHERE hypertable_name = 'reading'"
    )
    assert (name, config["compress_after"]) == ("policy_compression", f"{statements.HORIZON_DAYS} days")
    assert migrate(empty_url)[0] is not None


def test_all_readings_are_the_same_before_and_after(url: str, model: Model, figures: Figures) -> None:
    before = (run(url, _SUMS), run(url, _DIGEST))
    assert stored(url) == model.stored
    run(url, statements.COMPRESS_OLD)
    assert (run(url, _SUMS), run(url, _DIGEST)) == before
    assert stored(url) == model.stored

    horizon = now() - timedelta(days=statements.HORIZON_DAYS)
    chunks = run(url, _CHUNKS)
    assert [is_compressed for is_compressed, *_ in chunks] == [until <= horizon for _, _, until, _ in chunks]
    old = [until for is_compressed, _, until, _ in chunks if is_compressed]
    rows = sum(ts_ms < old[-1].timestamp() * 1000 for _, ts_ms in model.stored)
    [(plain, packed)] = run(
        url,
        "SELECT sum(before_compression_total_bytes), sum(after_compression_total_bytes)"
        " FROM chunk_compression_stats('reading') WHERE compression_status = 'Compressed'",
    )
    assert packed < plain
    figures.add(f"{rows:,} readings in {len(old)} chunks: {plain / rows:.1f} → {packed / rows:.1f} bytes a reading")


def test_the_policy_does_the_same_as_our_statement_and_closes_what_late_data_reopened(url: str, model: Model) -> None:
    before = run(url, _DIGEST)
    [(job,)] = run(url, "SELECT job_id FROM timescaledb_information.jobs WHERE hypertable_name = 'reading'")
    run(url, f"CALL run_job({job})")
    assert run(url, _DIGEST) == before
    assert set(statuses(url)) == {_WHOLE}
    assert len(statuses(url)) >= 5

    point, ts_ms = min(model.stored, key=lambda key: key[1])
    late = "INSERT INTO reading VALUES (to_timestamp(%(s)s), 1, 1, %(point)s, 'N', true)"
    run(url, late, s=ts_ms / 1000 + 1, point=point)
    assert set(statuses(url)) > {_WHOLE}
    run(url, f"CALL run_job({job})")
    assert set(statuses(url)) == {_WHOLE}
    assert run(url, _DIGEST)[0][0] == before[0][0] + 1


async def test_late_new_values_go_straight_into_compressed_chunks(
    url: str, context: Context, compressed: Model
) -> None:
    late = [message for step in steps_of(17, 400) for message in say(context, step, shift_ms=60_000)]
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        assert await write(writer, context, late) == compressed.take(late) == (20_000, 0, 0)
        assert writer._staged_for == 0
    assert stored(url) == compressed.stored
    run(url, statements.COMPRESS_OLD)
    assert set(statuses(url)) == {_WHOLE}
    assert stored(url) == compressed.stored


@pytest.mark.parametrize("place", ["all rows compressed", "partly compressed"])
async def test_new_double_and_different_values_are_told_apart_in_compressed_chunks(
    url: str, context: Context, compressed: Model, place: str
) -> None:
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        if place == "partly compressed":
            reopening = [message for step in steps_of(16, 50) for message in say(context, step, shift_ms=90_000)]
            assert await write(writer, context, reopening) == compressed.take(reopening)
        for turn in range(2):  # the first goes straight and meets a taken key, the second goes over staging at once
            begin = 16 + 2 * turn
            late = [message for step in steps_of(begin, 60) for message in say(context, step)]
            late += [message for step in steps_of(begin, 30) for message in say(context, step, shift_ms=90_000 + turn)]
            late += [message for step in steps_of(begin, 20) for message in say(context, step, change=0.05)]
            late += [m for step in steps_of(begin, 10) for m in say(context, step, shift_ms=90_000 + turn, change=0.05)]
            assert (writer._staged_for == 0) == (turn == 0)
            expected = compressed.take(late)
            assert await write(writer, context, late) == expected
            assert min(expected) > 0 or place == "partly compressed"
            assert expected[2] == (20 + 10) * POINTS
    assert stored(url) == compressed.stored
    [(_, refused)] = run(url, _CONFLICTS)
    assert refused == 2 * (20 + 10) * POINTS
    assert run(url, "SELECT received - stored - duplicate - rejected, stored FROM tally") == [
        (0, len(compressed.stored))
    ]


async def test_one_conflict_does_not_hide_the_rows_behind_it(url: str, context: Context, compressed: Model) -> None:
    """As an INSERT … ON CONFLICT DO NOTHING did in TimescaleDB 2.17.2: it stopped at the first conflict."""
    steps = steps_of(17, 100)
    late = [message for step in steps for shift in (0, 1_000) for message in say(context, step, shift_ms=shift)]
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        assert await write(writer, context, late) == compressed.take(late) == (5_000, 5_000, 0)
    assert stored(url) == compressed.stored


async def test_how_much_slower_late_writes_are(url: str, context: Context, compressed: Model, figures: Figures) -> None:
    async def timed(write_it: Callable[[], Awaitable[object]]) -> float:
        began = time.perf_counter()
        await write_it()
        return time.perf_counter() - began

    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        for way, staged, shifts in (("straight", 0, (60_000,)), ("over staging", 99, (62_000, 0))):
            for shift in shifts:
                took = []
                for days_ago in (17, 3):
                    late = [m for step in steps_of(days_ago, 400) for m in say(context, step, shift_ms=shift)]
                    compressed.take(late)
                    writer._staged_for = staged
                    took.append(await timed(lambda late=late: write(writer, context, late)))  # type: ignore[misc]
                what = "all doubles" if shift == 0 else "all new"
                figures.add(
                    f"20,000 late readings {way}, {what}: {took[0]:.2f} s compressed, {took[1]:.2f} s not,"
                    f" ratio {took[0] / took[1]:.1f}"
                )
    assert stored(url) == compressed.stored


async def test_our_retention_drops_whole_compressed_rooms_once_their_hours_are_derived(
    url: str, compressed: Model
) -> None:
    keep = RetentionSettings(raw_days=16)
    settings = Settings(database_url=url, retention=keep, ingest=IngestSettings(max_age_days=keep.raw_days))
    async with database.connect(url, "tests") as db:
        assert [bool(step.waits) for step in await drop_old(db, settings, now())] == [True]
    assert stored(url) == compressed.stored

    run(url, "TRUNCATE stale_window", _DERIVED)
    before = run(url, _CHUNKS)
    async with database.connect(url, "tests") as db:
        steps = [step for step in await drop_old(db, settings, now()) if step.what.startswith("_timescaledb")]
    assert not any(step.waits for step in steps)
    old = [(is_compressed, until) for is_compressed, _, until, _ in before if until <= now() - timedelta(days=16)]
    assert old == [(True, step.before) for step in steps]
    assert len(old) >= 3
    kept = {key: value for key, value in compressed.stored.items() if key[1] >= old[-1][1].timestamp() * 1000}
    assert stored(url) == kept
    chunks = run(url, _CHUNKS)
    assert chunks == before[len(old) :]
    # The compressed twins of the dropped chunks have gone with them.
    assert run(url, "SELECT count(*) FROM _timescaledb_catalog.chunk WHERE NOT dropped") == [
        (len(chunks) + sum(is_compressed for is_compressed, *_ in chunks),)
    ]


def test_decompressing_and_compressing_again_changes_nothing(url: str, compressed: Model) -> None:
    before = run(url, _DIGEST)
    run(url, *statements.DOWNGRADE)
    assert not statuses(url)
    assert run(url, _DIGEST) == before
    run(url, *statements.MIGRATION, statements.COMPRESS_OLD)
    assert set(statuses(url)) == {_WHOLE}
    assert run(url, _DIGEST) == before
    assert stored(url) == compressed.stored


async def test_a_later_migration_can_still_add_a_column(url: str, context: Context, compressed: Model) -> None:
    # No BOOLEAN: until the fix of timescale/timescaledb#9121, a WHERE over one added behind compressed chunks fails.
    run(url, "ALTER TABLE reading ADD COLUMN seen SMALLINT NOT NULL DEFAULT 0")
    late = [
        message for step in steps_of(17, 20) for shift in (0, 500) for message in say(context, step, shift_ms=shift)
    ]
    async with database.connect(url, "tests") as db:
        writer = Writer(db, "w")
        await writer.prepare()
        assert await write(writer, context, late) == compressed.take(late) == (1_000, 1_000, 0)
    run(url, statements.COMPRESS_OLD)
    assert run(url, "SELECT count(*) FROM reading WHERE seen = 0") == [(len(compressed.stored),)]
    assert stored(url) == compressed.stored
