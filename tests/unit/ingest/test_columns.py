from __future__ import annotations

import json
import struct
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import Batch, add, build, copy_data, finish, instants_of, windows_of
from ingest.columns import Columns, Lane
from ingest.context import Caps, Context
from ingest.limit import Limiter
from ingest.validate import Known
from schemas.catalog.enums import Reason
from schemas.records import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOW_MS = 480_000 * HOUR_MS + 1_800_000
CAPS = Caps(max_message_bytes=300, max_message_values=5, max_age_days=30, late_after_s=600, max_future_s=300)
INDEX = {
    ("s", "d"): {
        "a": Known(1, 0.0, 100.0),
        "b": Known(2, -5.0, 5.0),
        "c": Known(9, 0.0, 1e6),
        "k": Known(4, 0.0, 50.0),
    },
    ("s", "e"): {"a": Known(3, 0.0, 9.0), "c": Known(12, 0.0, 1e9)},
    ("t", "d"): {"a": Known(5, 0.0, 100.0), "b": Known(6, 0.0, 0.0), "x": Known(7, -1e308, 1e308)},
    ("t", "bare"): {},
    ("t", "wide"): {f"w{number}": Known(20 + number, 0.0, 9.0) for number in range(7)},
}
CONTEXT = Context(index=INDEX, counters=frozenset({9, 12}), root="yx/v1", caps=CAPS, instants=frozenset({2, 9, 5}))
COPY_ROW = struct.Struct("!hiqi8siqiiici?")


def message(text: str, topic: str = "yx/v1/s/d/telemetry", received_us: int = NOW_MS * 1000) -> Message:
    return Message(topic, text.encode(), received_us, 1, 1)


def sample(ts_ms: object, **values: object) -> str:
    return json.dumps({"ts": ts_ms, "values": values})


def fast(messages: Sequence[Message], lane: Lane, limiter: Limiter | None = None) -> Batch:
    batch = Batch(columns=Columns(lane))
    add(batch, messages, CONTEXT, limiter)
    finish(batch, CONTEXT)
    return batch


def general(messages: Sequence[Message], limiter: Limiter | None = None) -> Batch:
    batch = Batch()
    add(batch, messages, CONTEXT, limiter)
    finish(batch, CONTEXT)
    return batch


def rows(batch: Batch) -> Counter[tuple[Any, ...]]:
    """The readings as the database would read them: point, µs since 2000, the value's bits, batch, mark, late."""
    data = copy_data(batch, 7)
    assert data[:19] == b"PGCOPY\n\xff\r\n\x00" + bytes(8)
    assert data[-2:] == b"\xff\xff"
    found: Counter[tuple[Any, ...]] = Counter()
    for fields, n_ts, ts, n_value, value, n_batch, number, n_point, point, n_mark, mark, n_late, late in (
        COPY_ROW.iter_unpack(data[19:-2])
    ):  # fmt: skip
        assert (fields, n_ts, n_value, n_batch, n_point, n_mark, n_late) == (6, 8, 8, 8, 4, 1, 1)
        found[point, ts, value, number, mark, late] += 1
    assert found.total() == batch.stored
    return found


def keys(found: Counter[tuple[Any, ...]]) -> Counter[tuple[int, int]]:
    counted: Counter[tuple[int, int]] = Counter()
    for row, times in found.items():
        counted[row[0], row[1]] += times
    return counted


def settled(batch: Batch) -> int:
    return batch.stored + batch.duplicate + batch.told + sum(rejection.refused for rejection in batch.rejections)


def second_values(batch: Batch) -> int:
    """Values whose key was there before in the same batch."""
    return batch.duplicate + sum(one.refused for one in batch.rejections if one.reason is Reason.CONFLICT)


def assert_same(quick: Batch, slow: Batch) -> None:
    """Both ways say the same; where a key came twice, the quick one may hold it twice and the slow one knows it."""
    found, expected = rows(quick), rows(slow)
    assert quick.messages == slow.messages
    assert (quick.received, quick.told, quick.size_bytes) == (slow.received, slow.told, slow.size_bytes)
    assert quick.states == slow.states
    assert quick.lags == slow.lags
    assert quick.too_fast == slow.too_fast
    assert settled(quick) == quick.received
    assert settled(slow) == slow.received
    assert set(keys(found)) == set(keys(expected))
    assert windows_of(quick, CONTEXT.counters) == windows_of(slow, CONTEXT.counters)
    assert set(instants_of(quick, CONTEXT.instants)) == set(instants_of(slow, CONTEXT.instants))
    extra = quick.stored - slow.stored
    assert extra == second_values(slow) - second_values(quick)
    if not second_values(slow):
        assert found == expected
        assert Counter(quick.rejections) == Counter(slow.rejections)
        assert (quick.stored, quick.late) == (slow.stored, slow.late)
    elif extra:
        assert max(keys(found).values()) > 1, "only a repeated key makes the database send the batch back"


IN_RANGE = st.sampled_from(["1", "0", "-0.0", "4.25", "5", "1e0", "2E-3", "0.1", "3.0000000000000004"])
NUMBERS = IN_RANGE | st.sampled_from(
    ["101", "-1", "100", "100.00000000000001", "-5", "1e6", "1e300", "1.7976931348623157e308", "9" * 18, "9" * 25]
)
VALUES = (
    NUMBERS
    | st.sampled_from(["1e400", "-1e400", "NaN", "-Infinity", "9" * 80, "null", "true", '"1"', "[]", "{}"])
    | st.sampled_from(
        [
            '{"v": 1}',
            '{"v": 1, "flag": "N"}',
            '{"v": 1, "flag": "M"}',
            '{"v": 500, "flag": "T"}',
            '{"v": 1, "flag": "?"}',
        ]
    )
)
AGES_MS = st.sampled_from(
    [0, 1, 1000, 599_999, 600_000, 600_001, HOUR_MS, 5 * HOUR_MS, 30 * DAY_MS - 1, 30 * DAY_MS, 30 * DAY_MS + 1]
) | st.sampled_from(
    [-1, -299_999, -300_000, -300_001, -DAY_MS, 1_800_000, 1_800_001, 1_799_999, 1_800_000 + HOUR_MS, NOW_MS]
)
AGES_MS |= st.integers(-400_000, 31 * DAY_MS)
TIMES = (
    st.builds(lambda age: str(NOW_MS - age), AGES_MS)
    | st.sampled_from(
        [
            "1e3",
            f"{NOW_MS}.0",
            f"{NOW_MS - 1}e0",
            f"{NOW_MS}.5",
            '"2024-11-22T10:30:00+08:00"',
            "true",
            "null",
            "9" * 30,
        ]
    )
    | st.sampled_from(["-1", "1e400", str(2**63), str(-(2**63)), str(2**64)])
)
DEVICES = st.sampled_from(["s/d", "s/d", "s/e", "t/d", "t/bare", "s/nobody"])
TOPICS = st.builds("yx/v1/{}/telemetry".format, DEVICES)
ODD_TOPICS = st.builds("yx/v1/{}/{}".format, DEVICES, st.sampled_from(["status", "hj212", "typo", "telemetry/x"])) | (
    st.sampled_from(["", "yx/v1", "other/s/d/telemetry", "yx/v1/s//telemetry", "yx/v1/\ufffd/d/telemetry"])
)
NAMES = st.lists(st.sampled_from(["a", "b", "c", "k", "x", "é"]), max_size=6, unique=True)


@st.composite
def objects(draw: st.DrawFn, names: st.SearchStrategy[list[str]], values: st.SearchStrategy[str]) -> str:
    return "{%s}" % ", ".join(f"{json.dumps(name)}: {draw(values)}" for name in draw(names))  # noqa: UP031


SAMPLES = st.builds('{{"ts": {}, "values": {}}}'.format, TIMES, objects(NAMES, VALUES))
PLAIN = st.builds(
    '{{"ts": {}, "values": {}}}'.format,
    st.builds(lambda age: str(NOW_MS - age), AGES_MS),
    objects(st.lists(st.sampled_from("abck"), min_size=1, max_size=3, unique=True), IN_RANGE | NUMBERS),
)
TEXTS = st.one_of(
    SAMPLES,
    st.lists(SAMPLES, max_size=3).map(lambda many: "[" + ", ".join(many) + "]"),
    objects(NAMES, VALUES),
    PLAIN.map(lambda text: text.ljust(301)),
    PLAIN.map(lambda text: text[:-1] + ', "seq": 4}'),
    PLAIN.map(lambda text: text.replace('"a"', '"b"')),  # a key twice in one object
    st.sampled_from(["", " ", "{", "null", "[]", "[[]]", '{"ts": 1}', '{"values": 3}', "online", '{"online": false}'])
    | st.text(max_size=8),
)
RECEIVED = st.sampled_from([NOW_MS * 1000] * 3 + [NOW_MS * 1000 + 999, (NOW_MS + 1) * 1000, (NOW_MS - 3000) * 1000])
MESSAGES = st.one_of(
    st.builds(message, PLAIN, TOPICS, RECEIVED),
    st.builds(message, PLAIN, TOPICS, RECEIVED),
    st.builds(message, TEXTS, TOPICS, RECEIVED),
    st.builds(message, TEXTS | PLAIN, ODD_TOPICS, RECEIVED),
)


@given(st.lists(MESSAGES, max_size=25), st.integers(0, 25))
@settings(max_examples=300)
def test_the_fast_lane_says_exactly_what_the_general_way_says(messages: list[Message], cut: int) -> None:
    lane = Lane(CONTEXT)
    for part in (messages[:cut], messages[cut:]):
        quick = fast(part, lane)
        assert_same(quick, build(part, CONTEXT))
        assert_same(quick, general(part))


@given(st.lists(st.builds(message, PLAIN, TOPICS, RECEIVED), max_size=25))
@settings(max_examples=150)
def test_a_batch_of_plain_messages_is_read_the_same_both_ways(messages: list[Message]) -> None:
    assert_same(fast(messages, Lane(CONTEXT)), build(messages, CONTEXT))


@given(
    st.lists(MESSAGES, max_size=25),
    st.integers(0, 25),
    st.integers(1, 4),
    st.sampled_from([1e-9, 0.001, 1.0, 100.0]),
)
@settings(max_examples=200)
def test_both_ways_stop_the_same_messages(messages: list[Message], cut: int, burst: int, per_s: float) -> None:
    lane, one, other = Lane(CONTEXT), Limiter(per_s, burst), Limiter(per_s, burst)
    for part in (messages[:cut], messages[cut:]):
        quick = fast(part, lane, one)
        assert_same(quick, general(part, other))
        assert_same(quick, build(part, CONTEXT, quick.too_fast))


@given(st.lists(MESSAGES, max_size=25))
@settings(max_examples=100)
def test_a_plan_cache_that_overflows_stays_right(messages: list[Message]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.columns._MAX_PLANS", 2)
        lane = Lane(CONTEXT)
        assert_same(fast(messages, lane), build(messages, CONTEXT))
        assert_same(fast(messages[::-1], lane), build(messages[::-1], CONTEXT))


def test_a_plain_message_goes_the_fast_way() -> None:
    batch = fast([message(sample(NOW_MS, a=1, b=2))], Lane(CONTEXT))
    assert (len(batch.readings), batch.stored, batch.received) == (0, 2, 2)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        (sample(NOW_MS, a=1, z=2), "yx/v1/s/d/telemetry"),
        (sample(NOW_MS, a=101), "yx/v1/s/d/telemetry"),
        (sample(NOW_MS - 31 * DAY_MS, a=1), "yx/v1/s/d/telemetry"),
        (sample(NOW_MS + 301_000, a=1), "yx/v1/s/d/telemetry"),
        (sample(NOW_MS, a=1), "yx/v1/s/nobody/telemetry"),
        (sample(NOW_MS, a=1), "yx/v1/s/d/hj212"),
        (sample(NOW_MS, a=1).ljust(301), "yx/v1/s/d/telemetry"),
        (sample(NOW_MS), "yx/v1/s/d/telemetry"),
    ],
)
def test_what_is_refused_is_not_among_the_columns_and_keeps_its_bytes(text: str, topic: str) -> None:
    bad = message(text, topic)
    batch = fast([message(sample(NOW_MS, b=1)), bad, message(sample(NOW_MS + 1, b=1))], Lane(CONTEXT))
    assert batch.columns is not None
    assert batch.columns.size == 2
    assert [rejection.payload for rejection in batch.rejections] == [bad.payload]
    assert settled(batch) == batch.received


@pytest.mark.parametrize("ahead_ms", [0, 1, HOUR_MS - 1])
def test_a_counter_at_the_full_hour_touches_the_hour_before_and_later_the_hour_after(ahead_ms: int) -> None:
    hour_ms = NOW_MS - NOW_MS % HOUR_MS - HOUR_MS
    batch = fast([message(sample(hour_ms + ahead_ms, a=1, c=2))], Lane(CONTEXT))
    beside = hour_ms + (HOUR_MS if ahead_ms else -HOUR_MS)
    assert windows_of(batch, CONTEXT.counters) == {hour_ms * 1000: [1, 9], beside * 1000: [9]}


@pytest.mark.parametrize(("count", "stored"), [(5, 5), (6, 0)])
def test_known_values_are_capped_as_the_general_way_caps_them(count: int, stored: int) -> None:
    messages = [message(sample(NOW_MS, **{f"w{number}": 1 for number in range(count)}), "yx/v1/t/wide/telemetry")]
    batch = fast(messages, Lane(CONTEXT))
    assert_same(batch, build(messages, CONTEXT))
    assert batch.stored == stored


def test_a_key_that_comes_twice_is_left_for_the_writer_to_find() -> None:
    messages = [message(sample(NOW_MS, a=1)), message(sample(NOW_MS, a=1)), message(sample(NOW_MS, a=2))]
    quick, slow = fast(messages, Lane(CONTEXT)), build(messages, CONTEXT)
    assert max(keys(rows(quick)).values()) == 3
    assert (slow.stored, slow.duplicate, [one.reason for one in slow.rejections]) == (1, 1, [Reason.CONFLICT])


def test_an_empty_batch_has_columns_without_rows() -> None:
    batch = fast([], Lane(CONTEXT))
    assert copy_data(batch, 1) == b"PGCOPY\n\xff\r\n\x00" + bytes(8) + b"\xff\xff"
    assert windows_of(batch, CONTEXT.counters) == {}
    assert instants_of(batch, CONTEXT.instants) == []


def test_a_registry_without_points_refuses_everything() -> None:
    empty = Context(index={}, counters=frozenset(), root="yx/v1", caps=CAPS)
    batch = Batch(columns=Columns(Lane(empty)))
    add(batch, [message(sample(NOW_MS, a=1))], empty)
    finish(batch, empty)
    assert (batch.stored, [one.reason for one in batch.rejections]) == (0, [Reason.UNKNOWN_DEVICE])
