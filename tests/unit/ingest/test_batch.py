from __future__ import annotations

import json
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import Batch, build, conflict, copy_data, reject, utc_days, windows
from ingest.context import Caps, Context
from ingest.validate import Known
from schemas.catalog.enums import Reason
from schemas.records import Message, Reading, Refusal
from schemas.times import to_us

NOW_US = 1_732_242_601_000_000
TS_MS = 1_732_242_600_000
HOUR_US = 3_600_000_000
CAPS = Caps(max_message_bytes=400, max_message_values=8, max_age_days=30, late_after_s=600, max_future_s=300)
INDEX = {("s", "d"): {"a": Known(1, 0.0, 100.0), "b": Known(2, 0.0, 100.0)}, ("s", "e"): {"a": Known(3, 0.0, 9.0)}}


def said(values: object, topic: str = "yx/v1/s/d/telemetry", ts: object = TS_MS) -> Message:
    return Message(topic, json.dumps({"ts": ts, "values": values}).encode(), NOW_US, 1, 1)


def raw(payload: bytes, topic: str = "yx/v1/s/d/telemetry") -> Message:
    return Message(topic, payload, NOW_US, 1, 1)


def made(*messages: Message) -> Batch:
    return build(messages, Context(index=INDEX, counters=frozenset(), root="yx/v1", caps=CAPS))


def refused(batch: Batch) -> int:
    return sum(rejection.refused for rejection in batch.rejections)


def settles(batch: Batch) -> bool:
    return batch.received == len(batch.readings) + batch.duplicate + refused(batch) + batch.told


def test_a_good_message() -> None:
    batch = made(said({"a": 1, "b": 2}))
    assert list(batch.readings.values()) == [
        Reading(1, TS_MS * 1000, 1.0, "N"),
        Reading(2, TS_MS * 1000, 2.0, "N"),
    ]
    assert (batch.received, batch.duplicate, batch.told, batch.rejections) == (2, 0, 0, [])


def test_the_first_value_wins_and_the_second_is_a_conflict() -> None:
    batch = made(said({"a": 1}), said({"a": 2}))
    assert batch.readings == {(1, TS_MS * 1000): Reading(1, TS_MS * 1000, 1.0, "N")}
    assert [rejection.reason for rejection in batch.rejections] == [Reason.CONFLICT]
    assert batch.rejections[0].payload == said({"a": 2}).payload
    assert "1.0/N" in batch.rejections[0].details[0]
    assert settles(batch)


def test_the_same_value_again_is_a_duplicate() -> None:
    batch = made(*[said({"a": 1})] * 3)
    assert (batch.received, len(batch.readings), batch.duplicate, refused(batch)) == (3, 1, 2, 0)


def test_the_same_value_with_another_mark_is_a_conflict() -> None:
    batch = made(said({"a": 1}), said({"a": {"v": 1, "flag": "M"}}))
    assert [rejection.reason for rejection in batch.rejections] == [Reason.CONFLICT]
    assert settles(batch)


def test_the_same_factor_of_two_devices_is_no_conflict() -> None:
    batch = made(said({"a": 1}), said({"a": 2}, "yx/v1/s/e/telemetry"))
    assert len(batch.readings) == 2
    assert batch.rejections == []


def test_one_rejection_a_message_and_reason() -> None:
    batch = made(said({"a": 1, "b": 101, "x": 1, "y": 1, "z": None}))
    assert {rejection.reason: rejection.refused for rejection in batch.rejections} == {
        Reason.NOT_A_NUMBER: 1,
        Reason.UNKNOWN_POINT: 2,
        Reason.OUT_OF_RANGE: 1,
    }
    assert all((rejection.site_id, rejection.device_id) == ("s", "d") for rejection in batch.rejections)
    assert settles(batch)


def test_an_unknown_device_loses_all_its_values_in_one_rejection() -> None:
    batch = made(said({"a": 1, "b": None, "c": 3}, "yx/v1/s/who/telemetry"))
    assert [(one.reason, one.refused, one.device_id) for one in batch.rejections] == [(Reason.UNKNOWN_DEVICE, 3, "who")]
    assert batch.readings == {}
    assert settles(batch)


def test_births_and_wills_are_told_and_the_last_stands() -> None:
    topic = "yx/v1/s/d/status"
    batch = made(raw(b"online", topic), raw(b"offline", topic), raw(b"online", "yx/v1/s/who/status"))
    assert batch.states == {("s", "d"): (False, NOW_US)}
    assert (batch.received, batch.told, refused(batch)) == (3, 2, 1)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (raw(b"{}", "elsewhere"), Reason.BAD_TOPIC),
        (raw(b""), Reason.EMPTY),
        (raw(b"{"), Reason.MALFORMED),
        (raw(b"x" * 401), Reason.TOO_LARGE),
        (said({str(number): 1 for number in range(9)}), Reason.TOO_LARGE),
        (raw(b"##", "yx/v1/s/d/hj212"), Reason.UNSUPPORTED_KIND),
        (raw(b"?", "yx/v1/s/d/status"), Reason.MALFORMED),
    ],
)
def test_a_message_refused_whole_counts_one(message: Message, reason: Reason) -> None:
    batch = made(message)
    assert [(rejection.reason, rejection.refused) for rejection in batch.rejections] == [(reason, 1)]
    assert batch.received == 1


def test_a_rejection_keeps_the_bytes_and_shows_at_most_50() -> None:
    message = raw(b"bytes")
    rejection = reject(message, [Refusal(Reason.EMPTY, str(number)) for number in range(60)], who=(None, None))
    assert (rejection.refused, len(rejection.details), rejection.payload) == (60, 50, b"bytes")
    assert "9.0/M" in conflict(Reading(1, 0, 2.0, "N"), 9.0, "M").detail


NUMBERS = st.sampled_from(
    [1, 2, 101, -1, None, True, "x", {"v": 1, "flag": "D"}, {"v": 500, "flag": "T"}, {"v": 1, "flag": "?"}]
)
TOPICS = st.sampled_from(
    [f"yx/v1/s/{device}/{kind}" for device in ("d", "e", "who") for kind in ("telemetry", "status", "hj212")] + ["bad"]
)
STAMPS = st.sampled_from([TS_MS, TS_MS + 1000, 0, 10**15, "?", "2024-11-22T10:30:00+08:00"])
MESSAGES = st.builds(said, st.dictionaries(st.sampled_from("abcdefghij"), NUMBERS), TOPICS, STAMPS) | st.builds(
    raw, st.sampled_from([b"online", b"offline", b"", b"[", b'{"a": 1}', b'[{"a": 1}, {"a": 2}, 3]']), TOPICS
)


@given(st.lists(MESSAGES, max_size=12))
def test_every_value_received_is_accounted_for(messages: list[Message]) -> None:
    batch = made(*messages)
    assert batch.messages == messages
    assert settles(batch)
    assert all(rejection.refused >= 1 for rejection in batch.rejections)
    assert batch.received >= len(messages)


@given(st.lists(MESSAGES, max_size=8))
def test_a_batch_sent_again_stores_nothing_new(messages: list[Message]) -> None:
    once, twice = made(*messages), made(*messages, *messages)
    assert twice.readings == once.readings
    assert settles(twice)


HOUR = 480_000 * HOUR_US


@pytest.mark.parametrize(
    ("at", "point", "expected"),
    [
        (HOUR, 1, {HOUR: [1]}),
        (HOUR + 1, 1, {HOUR: [1]}),
        (HOUR + HOUR_US - 1, 1, {HOUR: [1]}),
        (HOUR, 9, {HOUR: [9], HOUR - HOUR_US: [9]}),
        (HOUR + 1, 9, {HOUR: [9], HOUR + HOUR_US: [9]}),
        (HOUR + HOUR_US - 1, 9, {HOUR: [9], HOUR + HOUR_US: [9]}),
    ],
)
def test_a_reading_touches_its_hour_and_a_counter_its_neighbour(
    at: int, point: int, expected: dict[int, list[int]]
) -> None:
    assert windows([Reading(point, at, 1.0, "N")], frozenset({9})) == expected


def test_points_of_an_hour_are_listed_once_in_order() -> None:
    readings = [Reading(point, HOUR + second, 1.0, "N") for point in (3, 1, 2, 1) for second in (1, 2)]
    assert windows(readings, frozenset()) == {HOUR: [1, 2, 3]}
    assert windows([], frozenset()) == {}


def test_days_are_those_of_utc() -> None:
    at = to_us(datetime(2026, 1, 1, tzinfo=UTC))
    assert utc_days([at - HOUR_US, at, at + HOUR_US]) == {
        at // (24 * HOUR_US) - 1,
        at // (24 * HOUR_US),
    }


READINGS = st.builds(
    Reading,
    st.integers(1, 2**31 - 1),
    st.integers(0, 4_000_000_000_000_000),
    st.floats(allow_nan=False),
    st.sampled_from("NnFMSDCTB"),
    st.booleans(),
)


@given(st.lists(READINGS, max_size=20), st.integers(0, 2**63 - 1))
def test_rows_are_those_of_a_binary_copy(readings: list[Reading], batch_id: int) -> None:
    batch = Batch(readings={(number, 0): reading for number, reading in enumerate(readings)})
    data = copy_data(batch, batch_id)
    assert data[:19] == b"PGCOPY\n\xff\r\n\x00" + bytes(8)
    assert data[-2:] == b"\xff\xff"
    rows = data[19:-2]
    size = 2 + (4 + 8) * 3 + (4 + 4) + (4 + 1) * 2
    assert len(rows) == size * len(readings)
    for number, reading in enumerate(readings):
        row = rows[number * size : (number + 1) * size]
        count, n_ts, ts, n_value, value, n_batch, batch, n_point, point, n_mark, mark, n_late, late = struct.unpack(
            "!hiqidiqiiici?", row
        )
        assert (count, n_ts, n_value, n_batch, n_point, n_mark, n_late) == (6, 8, 8, 8, 4, 1, 1)
        assert ts + to_us(datetime(2000, 1, 1, tzinfo=UTC)) == reading.ts_us
        assert (value, batch, point) == (reading.value, batch_id, reading.point_id)
        assert (mark.decode(), late) == (reading.mark, reading.late)
