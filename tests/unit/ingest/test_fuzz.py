from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ingest.batch
from ingest.batch import Batch, add, build, copy_data, finish, reject, windows_of
from ingest.columns import Columns, Lane
from ingest.context import Caps, Context
from ingest.decode import decode
from ingest.index import index_of
from schemas.catalog.enums import Reason
from schemas.records import Message
from schemas.registry import document
from schemas.registry.store import Registry
from schemas.runtime.settings import IngestSettings
from schemas.times import to_us
from simulator import fleet, scenario
from simulator.example import example_path, scenario_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.decode import Decoded
    from schemas.records import Refusal, Rejection

NOW_US = to_us(fleet.FIXED_UNTIL)
COUNTY = document.load_checked(example_path())


def _context() -> Context:
    """The example county, its points numbered without a database."""
    keys = [
        (site.id, device.id, point.factor)
        for site in COUNTY.sites
        for device in site.devices
        for point in device.points
    ]
    index, counters = index_of(Registry(1, COUNTY, {key: number for number, key in enumerate(keys, 1)}))
    own = IngestSettings()
    return Context(
        index=index,
        counters=counters,
        root="yx/v1",
        caps=Caps(**{name: getattr(own, name) for name in Caps.__struct_fields__}),
    )


def _sent() -> list[tuple[str, bytes]]:
    """Real payloads, live and backlog, as the simulator sends them: at most six a device and form."""
    story = scenario.load(scenario_path("first_morning"), COUNTY)
    kept: list[tuple[str, bytes]] = []
    for batch in (1, 5):
        count: Counter[str] = Counter()
        for topic, payload in fleet.dry_run(COUNTY, scenario=story, seed=3, days=0.3, batch=batch):
            count[topic] += 1
            if count[topic] <= 6:
                kept.append((topic, payload))
    return kept


CONTEXT = _context()
LANE = Lane(CONTEXT)
SENT = _sent()
TOPICS = sorted({topic for topic, _ in SENT})
BY_HAND = [
    b'{"w01018": 31.2, "w01001": 7.1}',
    b'{"ts":%d,"values":{"w01018":{"v":31.2,"flag":"M"},"w21003":{"v":600,"flag":"T"}}}' % (NOW_US // 1000),
    b'{"ts":"2026-10-31T23:59:00+08:00","values":{"yx_e_kwh":12345.6},"seq":17}',
    b'{"ts":%d,"values":{"w01018":NaN,"w21003":-Infinity,"w21011":1e400}}' % (NOW_US // 1000),
    b'\xef\xbb\xbf{"ts":%d,"values":{"w01018":1}}' % (NOW_US // 1000),
    '{"ts":1793458080000,"values":{"w01018":1}}'.encode("utf-16"),
    b'{"ts":%s,"values":{"w01018":1}}' % (b"9" * 390),
    b'{"ts":1793458080000,"values":{"\\ud800":1,"w01018":2}}',
    b'{"online": true}',
    b"offline",
]


def run(messages: Sequence[Message]) -> Batch:
    batch = Batch(columns=Columns(LANE))
    for begin in range(0, len(messages), 3):
        add(batch, messages[begin : begin + 3], CONTEXT)
    finish(batch, CONTEXT)
    return batch


def settled(batch: Batch) -> int:
    return batch.stored + batch.duplicate + batch.told + sum(rejection.refused for rejection in batch.rejections)


def assert_whole(batch: Batch, messages: Iterable[Message]) -> None:
    assert batch.messages == list(messages)
    assert batch.received == settled(batch)
    assert [one for one in batch.rejections if one.reason is Reason.DECODER_FAILED] == []
    assert len(copy_data(batch, 1)) == 19 + 2 + batch.stored * 56
    windows_of(batch, CONTEXT.counters)
    for rejection in batch.rejections:
        assert rejection.refused >= 1
        assert rejection.details


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real payload with some bytes turned, put in, left out, doubled, or two payloads spliced."""
    payload = bytearray(draw(st.sampled_from(SENT))[1] if draw(st.integers(0, 4)) else draw(st.sampled_from(BY_HAND)))
    for _ in range(draw(st.integers(0, 4))):
        at, to = sorted((draw(st.integers(0, len(payload))), draw(st.integers(0, len(payload)))))
        match draw(st.sampled_from(["flip", "insert", "delete", "double", "splice", "truncate", "word"])):
            case "flip" if payload:
                payload[min(at, len(payload) - 1)] ^= draw(st.integers(1, 255))
            case "insert":
                payload[at:at] = draw(st.binary(min_size=1, max_size=4))
            case "delete":
                del payload[at : min(to, at + 6)]
            case "double":
                payload[at:at] = payload[at : min(to, at + 40)]
            case "splice":
                other = draw(st.sampled_from(SENT))[1]
                payload[at:] = other[draw(st.integers(0, len(other))) :]
            case "truncate":
                del payload[at:]
            case "word":
                payload[at:at] = draw(
                    st.sampled_from(
                        [b"null", b"e9", b"-", b"[", b"{}", b'"', b"9" * 20, b"\\u0000", b"\\ud800", b"NaN"]
                    )
                )
    return bytes(payload)


MUTATED_TOPICS = st.sampled_from(TOPICS) | st.builds(
    lambda topic, at, junk: topic[: at % len(topic)] + junk + topic[at % len(topic) :],
    st.sampled_from(TOPICS),
    st.integers(0, 60),
    st.sampled_from(["/", "\ufffd", "\x00", "x", "#", "+"]),
)
ANY_TOPICS = st.one_of(
    st.sampled_from(TOPICS), st.sampled_from([topic.replace("telemetry", "status") for topic in TOPICS]), MUTATED_TOPICS
)
MESSAGES = st.builds(Message, ANY_TOPICS, mutated(), st.sampled_from([NOW_US, NOW_US + 977]), st.just(1), st.just(1))


@given(st.lists(MESSAGES, min_size=1, max_size=8))
@settings(max_examples=250)
def test_whatever_is_done_to_real_payloads_every_value_is_accounted_for(messages: list[Message]) -> None:
    assert_whole(run(messages), messages)


@given(MESSAGES)
@settings(max_examples=250)
def test_a_message_that_stores_nothing_is_refused_told_or_known(message: Message) -> None:
    batch = run([message])
    assert_whole(batch, [message])
    if not batch.stored:
        assert (
            batch.told
            or batch.duplicate
            or [one.payload for one in batch.rejections] == [message.payload] * len(batch.rejections)
        )
        assert batch.told + batch.duplicate + len(batch.rejections) >= 1


def test_thousands_of_mutations_in_one_batch_are_all_accounted_for() -> None:
    """Beside hypothesis: many at once and the same each run, so that columns and readings mix by the thousand."""
    dice = random.Random(20261101)
    messages = []
    for number in range(6_000):
        topic, payload = dice.choice(SENT)
        body = bytearray(payload)
        for _ in range(dice.choice((0, 0, 1, 1, 2, 5))):
            at = dice.randrange(len(body) or 1)
            match dice.randrange(4):
                case 0 if body:
                    body[at] ^= 1 << dice.randrange(8)
                case 1:
                    body[at:at] = dice.randbytes(1)
                case 2:
                    del body[at : at + dice.randrange(5)]
                case _:
                    body[at:at] = b"0123456789.eE+-"[dice.randrange(15) :][:1]
        messages.append(Message(topic, bytes(body), NOW_US + number, 1, 1))
    batch = run(messages)
    assert_whole(batch, messages)
    assert batch.columns is not None
    assert min(batch.columns.size, len(batch.readings), len(batch.rejections)) > 500
    slow = build(messages, CONTEXT)
    assert_whole(slow, messages)
    assert (slow.received, slow.told, slow.lags, slow.states) == (batch.received, batch.told, batch.lags, batch.states)
    assert slow.duplicate > 0


def test_payloads_as_devices_send_them_are_stored_whole() -> None:
    messages = [Message(topic, payload, NOW_US, 1, 1) for topic, payload in SENT if not payload.startswith(b"[")]
    batch = run(messages)
    assert len(messages) >= 50
    assert (batch.rejections, batch.readings, batch.duplicate) == ([], {}, 0)
    assert batch.stored == batch.received > 150


@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("first_good", [True, False])
def test_a_defect_of_the_decoder_costs_one_message(
    monkeypatch: pytest.MonkeyPatch, *, columns: bool, first_good: bool
) -> None:
    def defective(message: Message, root: str, max_bytes: int, max_values: int) -> Decoded:
        if message is bad:
            raise KeyError("a defect")
        return decode(message, root, max_bytes, max_values)

    monkeypatch.setattr(ingest.batch, "decode", defective)
    topic = "yx/v1/bj-wwtp/outlet/telemetry"
    ts = NOW_US // 1000
    # The bad one has a value out of range: the fast lane keeps it first, and reads it the general way at the end.
    bad = Message(topic, b'{"ts":%d,"values":{"w01018":1,"w01001":99}}' % ts, NOW_US, 1, 1)
    good = [
        Message(topic, b'{"ts":%d,"values":{"w01018":1}}' % (ts - 1000), NOW_US, 2, 1),
        Message(topic, b'{"ts":%d,"values":{"w01018":{"v":2},"w01001":7}}' % (ts - 2000), NOW_US, 3, 1),
        Message(topic, b'{"ts":%d,"values":{"w01018":2,"w01001":-7}}' % (ts - 3000), NOW_US, 4, 1),
    ]
    messages = [*good, bad] if first_good else [bad, *good]
    batch = Batch(columns=Columns(Lane(CONTEXT)) if columns else None)
    add(batch, messages, CONTEXT)
    finish(batch, CONTEXT)
    assert {one.reason: (one.payload, one.refused) for one in batch.rejections} == {
        Reason.DECODER_FAILED: (bad.payload, 1),
        Reason.OUT_OF_RANGE: (good[2].payload, 1),
    }
    assert "KeyError" in next(one for one in batch.rejections if one.reason is Reason.DECODER_FAILED).details[0]
    assert (batch.stored, batch.received) == (4, 6)
    assert batch.received == settled(batch)


def test_a_defect_half_way_takes_back_what_the_message_had_brought(monkeypatch: pytest.MonkeyPatch) -> None:
    def defective(*_: object) -> None:
        raise TypeError("a defect after the readings were added")

    monkeypatch.setattr(ingest.batch, "_note_lag", defective)
    topic, ts = "yx/v1/bj-wwtp/outlet/telemetry", NOW_US // 1000
    message = Message(topic, b'[{"ts":%d,"values":{"w01018":1,"nope":2}}]' % ts, NOW_US, 1, 1)
    batch = Batch(columns=Columns(Lane(CONTEXT)))
    add(batch, [message], CONTEXT)
    finish(batch, CONTEXT)
    assert (batch.stored, batch.received, [one.reason for one in batch.rejections]) == (0, 1, [Reason.DECODER_FAILED])


def test_a_defect_while_refusing_takes_back_the_refusals_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def defective(message: Message, refusals: Sequence[Refusal], **rest: Any) -> Rejection:
        if refusals[0].reason is Reason.OUT_OF_RANGE:
            raise TypeError("a defect")
        return reject(message, refusals, **rest)

    monkeypatch.setattr(ingest.batch, "reject", defective)
    topic, ts = "yx/v1/bj-wwtp/outlet/telemetry", NOW_US // 1000
    message = Message(topic, b'{"ts":%d,"values":{"nope":2,"w01001":99,"w01018":1}}' % ts, NOW_US, 1, 1)
    batch = run([message])
    assert (batch.stored, batch.received) == (0, 1)
    assert [(one.reason, one.payload) for one in batch.rejections] == [(Reason.DECODER_FAILED, message.payload)]


@pytest.mark.parametrize("name", ["ingest.batch._note_lag", "ingest.columns.decode_plain"])
def test_a_defect_in_the_fast_lane_costs_one_message(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As the general way does: an exception out of add() ends the worker, and the same message meets the next one."""

    def defective(*_: object) -> None:
        raise TypeError("a defect in the fast lane")

    topic, ts = "yx/v1/bj-wwtp/outlet/telemetry", NOW_US // 1000
    batch = Batch(columns=Columns(Lane(CONTEXT)))
    monkeypatch.setattr(name, defective)
    add(batch, [Message(topic, b'{"ts":%d,"values":{"w01018":1}}' % ts, NOW_US, 1, 1)], CONTEXT)
    finish(batch, CONTEXT)
    assert len(batch.messages) == 1
    assert batch.received == settled(batch)


def test_a_time_beyond_all_reason_leaves_a_lag_that_can_be_said_in_seconds() -> None:
    message = Message("yx/v1/bj-wwtp/outlet/telemetry", b'{"ts":%s,"values":{"w01018":1}}' % (b"9" * 390), NOW_US, 1, 1)
    batch = run([message])
    assert [one.reason for one in batch.rejections] == [Reason.FUTURE]
    for lag_us, _ in batch.lags.values():
        assert abs(lag_us / 1_000_000) >= 0
