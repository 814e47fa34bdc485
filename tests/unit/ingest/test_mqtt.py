from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import mqtt
from ingest.mqtt import Connack, Parser, Publish, Suback

if TYPE_CHECKING:
    from collections.abc import Iterable

PATTERN = bytes(range(256)) * 300
PINGRESP = b"\xd0\x00"
CONNACK = b"\x20\x02\x01\x00"
SUBACK = b"\x90\x03\x00\x01\x01"


def remaining_length(number: int) -> bytes:
    """MQTT 3.1.1, 2.2.3, the algorithm as printed there; independent of ours."""
    out = b""
    while True:
        digit = number % 128
        number = number // 128
        if number > 0:
            digit = digit | 128
        out += bytes([digit])
        if number == 0:
            return out


def encode(message: Publish) -> bytes:
    head = 0x30 | (0x02 if message.mid else 0) | (0x08 if message.is_repeat else 0)
    body = struct.pack(">H", len(message.topic)) + message.topic
    if message.mid:
        body += struct.pack(">H", message.mid)
    body += message.payload
    return bytes([head]) + remaining_length(len(body)) + body


def pieces(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[begin:end] for begin, end in pairwise(edges)]


def read(chunks: Iterable[bytes]) -> tuple[list[Publish], list[Connack | Suback]]:
    parser = Parser()
    messages: list[Publish] = []
    answers: list[Connack | Suback] = []
    for chunk in chunks:
        found, answered = parser.feed(chunk)
        messages += found
        answers += answered
    return messages, answers


# What we send, byte for byte.


def test_connect_is_that_of_the_spec() -> None:
    expected = (
        b"\x10\x1e"  # CONNECT, 30 bytes
        b"\x00\x04MQTT\x04"  # protocol name and level (3.1.2.1, 3.1.2.2)
        b"\xc0"  # user name, password; clean session 0
        b"\x00\x14"  # keep alive 20 s
        b"\x00\x06client"
        b"\x00\x04user"
        b"\x00\x04word"
    )
    assert mqtt.connect("client", "user", "word", 20) == expected
    assert len(expected) == 2 + 0x1E


def test_connect_without_password_says_so() -> None:
    assert mqtt.connect("c", "u", None, 258) == b"\x10\x10\x00\x04MQTT\x04\x80\x01\x02\x00\x01c\x00\x01u"


def test_connect_with_an_empty_password_still_carries_one() -> None:
    assert mqtt.connect("c", "u", "", 1) == b"\x10\x12\x00\x04MQTT\x04\xc0\x00\x01\x00\x01c\x00\x01u\x00\x00"


def test_names_are_counted_in_bytes_of_utf8() -> None:
    assert mqtt.connect("永", "u", None, 1) == b"\x10\x12\x00\x04MQTT\x04\x80\x00\x01\x00\x03\xe6\xb0\xb8\x00\x01u"


def test_subscribe_asks_for_qos_1_of_each_filter() -> None:
    assert mqtt.subscribe(1, ["a/#", "b"]) == b"\x82\x0c\x00\x01\x00\x03a/#\x01\x00\x01b\x01"
    assert mqtt.subscribe(0x1234, ["x"]) == b"\x82\x06\x12\x34\x00\x01x\x01"


def test_a_long_subscribe_has_a_length_of_two_bytes() -> None:
    packet = mqtt.subscribe(1, ["f" * 10] * 20)  # 2 + 20 * 13 = 262 = 6 + 2 * 128
    assert packet[:5] == b"\x82\x86\x02\x00\x01"
    assert len(packet) == 3 + 262


def test_acknowledgements_are_in_order_one_packet_each() -> None:
    assert mqtt.acknowledge([1, 65535, 258]) == b"\x40\x02\x00\x01\x40\x02\xff\xff\x40\x02\x01\x02"
    assert mqtt.acknowledge([]) == b""


def test_the_packets_without_body() -> None:
    assert (mqtt.PINGREQ, mqtt.DISCONNECT) == (b"\xc0\x00", b"\xe0\x00")


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16_383, b"\xff\x7f"),
        (16_384, b"\x80\x80\x01"),
        (2_097_151, b"\xff\xff\x7f"),
        (2_097_152, b"\x80\x80\x80\x01"),
    ],
)
def test_lengths_are_those_of_table_2_4(length: int, expected: bytes) -> None:
    assert mqtt._packet(0x30, bytes(length))[: 1 + len(expected)] == b"\x30" + expected
    assert mqtt._length(b"\x30" + expected, 1) == (length, 1 + len(expected))
    assert remaining_length(length) == expected


# What we read.


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (b"\x30\x07\x00\x03a/bhi", Publish(b"a/b", b"hi", 0, False)),  # noqa: FBT003
        (b"\x32\x09\x00\x03a/b\x00\x0ahi", Publish(b"a/b", b"hi", 10, False)),  # noqa: FBT003
        (b"\x3a\x09\x00\x03a/b\xff\xffhi", Publish(b"a/b", b"hi", 65535, True)),  # noqa: FBT003
        (b"\x33\x05\x00\x01t\x01\x00", Publish(b"t", b"", 256, False)),  # noqa: FBT003 - RETAIN is nothing to us
        (b"\x30\x02\x00\x00", Publish(b"", b"", 0, False)),  # noqa: FBT003
        (b"\x30\x03\x00\x01\xff", Publish(b"\xff", b"", 0, False)),  # noqa: FBT003
    ],
)
def test_publish_is_that_of_the_spec(packet: bytes, expected: Publish) -> None:
    assert Parser().feed(packet) == ([expected], [])


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (b"\x20\x02\x00\x00", Connack(False, "")),  # noqa: FBT003
        (b"\x20\x02\x01\x00", Connack(True, "")),  # noqa: FBT003
        (b"\x20\x02\x00\x01", Connack(False, "unacceptable protocol version")),  # noqa: FBT003
        (b"\x20\x02\x00\x04", Connack(False, "bad user name or password")),  # noqa: FBT003
        (b"\x20\x02\x00\x05", Connack(False, "not authorized")),  # noqa: FBT003
        (b"\x20\x02\x00\x63", Connack(False, "return code 99")),  # noqa: FBT003
        (b"\x90\x03\x00\x01\x01", Suback((True,))),
        (b"\x90\x04\x00\x01\x01\x02", Suback((True, True))),
        (b"\x90\x04\x00\x01\x01\x80", Suback((True, False))),
        # Granted at QoS 0 means delivered once and never again: nothing that could be acknowledged.
        (b"\x90\x03\x00\x01\x00", Suback((False,))),
    ],
)
def test_answers_are_those_of_the_spec(packet: bytes, expected: Connack | Suback) -> None:
    assert Parser().feed(packet) == ([], [expected])


@pytest.mark.parametrize("packet", [PINGRESP, b"\xb0\x02\x00\x01"])
def test_an_answer_that_says_nothing_is_passed_over(packet: bytes) -> None:
    assert Parser().feed(packet + SUBACK) == ([], [Suback((True,))])


SIZES = (
    st.integers(0, 300) | st.integers(0, 70_000) | st.sampled_from([115, 120, 125, 127, 128, 16_375, 16_383, 16_384])
)
PUBLISHES = st.builds(
    lambda topic, start, size, mid, is_repeat: Publish(
        topic, PATTERN[start : start + size], mid, is_repeat and mid > 0
    ),
    st.binary(max_size=40) | st.integers(0, 300).map(lambda size: b"t" * size),
    st.integers(0, 255),
    SIZES,
    st.just(0) | st.integers(1, 65535),
    st.booleans(),
)
ANSWERS = st.sampled_from([CONNACK, SUBACK, PINGRESP])
CUTS = st.lists(st.integers(0, 10**6), max_size=30)


@given(st.lists(PUBLISHES | ANSWERS, max_size=8), CUTS)
@settings(max_examples=150)
def test_whatever_way_the_stream_is_cut_all_comes_out_in_order(sent: list[Publish | bytes], cuts: list[int]) -> None:
    stream = b"".join(encode(one) if isinstance(one, Publish) else one for one in sent)
    messages, answers = read(pieces(stream, cuts))
    assert messages == [one for one in sent if isinstance(one, Publish)]
    says = {CONNACK: Connack(True, ""), SUBACK: Suback((True,))}  # noqa: FBT003
    assert answers == [says[one] for one in sent if isinstance(one, bytes) and one in says]


@given(st.lists(PUBLISHES.filter(lambda one: len(one.payload) < 400) | ANSWERS, max_size=4))
@settings(max_examples=40)
def test_a_stream_may_come_byte_by_byte(sent: list[Publish | bytes]) -> None:
    stream = b"".join(encode(one) if isinstance(one, Publish) else one for one in sent)
    messages, _ = read(stream[at : at + 1] for at in range(len(stream)))
    assert messages == [one for one in sent if isinstance(one, Publish)]


def test_what_is_not_yet_whole_is_kept_and_no_more() -> None:
    parser, packet = Parser(), encode(Publish(b"t", b"x" * 200, 7, False))  # noqa: FBT003
    assert parser.feed(packet + packet[:100]) == ([Publish(b"t", b"x" * 200, 7, False)], [])  # noqa: FBT003
    assert parser._rest == packet[:100]
    assert len(parser.feed(packet[100:])[0]) == 1
    assert parser._rest == b""


def limit_packets(patch: pytest.MonkeyPatch, *, largest: int = 1000, cut_to: int = 300) -> None:
    patch.setattr("ingest.mqtt.MAX_PACKET", largest)
    patch.setattr("ingest.mqtt.CUT_TO", cut_to)


SMALL = PUBLISHES.filter(lambda one: len(one.topic) + len(one.payload) + 4 <= 1000 and len(one.topic) < 100)
HUGE = st.builds(
    lambda topic, size, mid: Publish(topic, PATTERN[:size], mid, False),  # noqa: FBT003
    st.binary(max_size=100),
    st.integers(1000, 5000),
    st.just(0) | st.integers(1, 65535),
)


@given(st.lists(SMALL | HUGE, max_size=6), st.lists(st.integers(1, 600), min_size=1, max_size=20))
@settings(max_examples=150)
def test_a_packet_too_large_is_cut_and_what_follows_is_still_read(sent: list[Publish], steps: list[int]) -> None:
    """As from a socket: no piece is so long that a whole packet above the limit could come in one."""
    stream = b"".join(map(encode, sent))
    with pytest.MonkeyPatch.context() as patch:
        limit_packets(patch)
        parser, at, number, messages = Parser(), 0, 0, []
        while at < len(stream):
            step = steps[number % len(steps)]
            found, answers = parser.feed(stream[at : at + step])
            messages += found
            assert answers == []
            assert len(parser._rest) <= 1000 + 5, "what is held is bounded"
            at, number = at + step, number + 1
    expected = []
    for one in sent:
        head = 2 + len(one.topic) + (2 if one.mid else 0)
        too_large = head + len(one.payload) > 1000
        expected.append(one._replace(payload=one.payload[: 300 - head]) if too_large else one)
    assert messages == expected


@given(st.lists(SMALL | HUGE, max_size=6), CUTS)
@settings(max_examples=100)
def test_however_the_stream_is_cut_a_packet_too_large_costs_nothing_else(sent: list[Publish], cuts: list[int]) -> None:
    """A packet that is whole in one piece may come out whole; its memory is spent already."""
    with pytest.MonkeyPatch.context() as patch:
        limit_packets(patch)
        messages, _ = read(pieces(b"".join(map(encode, sent)), cuts))
    assert [(one.topic, one.mid) for one in messages] == [(one.topic, one.mid) for one in sent]
    for found, whole in zip(messages, sent, strict=True):
        head = 2 + len(whole.topic) + (2 if whole.mid else 0)
        if head + len(whole.payload) <= 1000:
            assert found == whole
        else:
            assert found.payload in (whole.payload, whole.payload[: 300 - head])


def test_the_real_limit_cuts_below_what_any_message_may_have() -> None:
    packet = encode(Publish(b"t", bytes(mqtt.MAX_PACKET), 9, False))  # noqa: FBT003
    chunks = [packet[at : at + 262_144] for at in range(0, len(packet), 262_144)]
    [cut, after], _ = read([*chunks, encode(Publish(b"u", b"v", 10, False))])  # noqa: FBT003
    assert (cut.topic, cut.mid, len(cut.payload)) == (b"t", 9, mqtt.CUT_TO - 5)
    assert after == Publish(b"u", b"v", 10, False)  # noqa: FBT003
