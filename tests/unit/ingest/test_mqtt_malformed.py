"""What is not MQTT is refused, and nothing else happens."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.mqtt import Connack, Parser, Publish, Suback
from schemas.errors import BrokerError
from tests.unit.ingest.test_mqtt import remaining_length


@pytest.mark.parametrize(
    "packet",
    [
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x30\x80\x80\x80\x80",
        b"\x30\x00",  # no topic length
        b"\x30\x01\x00",
        b"\x30\x04\x00\x05ab",  # a topic longer than its packet
        b"\x30\x02\xff\xff",
        b"\x32\x03\x00\x01t",  # QoS 1 without packet id
        b"\x32\x04\x00\x01t\x00",
        b"\x32\x05\x00\x01t\x00\x00",  # packet id 0
        b"\x10\x00",  # CONNECT is for clients
        b"\x40\x02\x00\x01",  # we publish nothing that could be acknowledged
        b"\x62\x02\x00\x01",
        b"\x82\x05\x00\x01\x00\x00\x00",
        b"\xc0\x00",
        b"\xe0\x00",
        b"\xf0\x00",
        b"\x00\x00",
        b"\x20\x01\x00",  # CONNACK too short, too long
        b"\x20\x03\x00\x00\x00",
        b"\x90\x02\x00\x01",  # SUBACK without a code
        b"\x21\x02\x00\x00",  # reserved flags (2.2.2)
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Request",
        b"\x15\x03\x01\x00\x02\x02\x16",  # TLS alert
    ],
)
def test_what_is_not_mqtt_is_refused_with_advice(packet: bytes) -> None:
    with pytest.raises(BrokerError) as refused:
        Parser().feed(packet)
    assert "MONITOR_BROKER__HOST" in refused.value.mend


@pytest.mark.parametrize("head", [0x36, 0x3E])
def test_a_publish_with_both_qos_bits_is_malformed(head: int) -> None:
    with pytest.raises(BrokerError):
        Parser().feed(bytes([head]) + b"\x05\x00\x01t\x00\x01")


HEADS = st.sampled_from([b"\x30", b"\x32", b"\x3a", b"\x20", b"\x90", b"\xd0", b"\xb0"])


@given(
    st.lists(
        st.binary(max_size=20)
        | st.builds(lambda head, body: head + remaining_length(len(body)) + body, HEADS, st.binary(max_size=140)),
        max_size=6,
    )
)
@settings(max_examples=300)
def test_junk_is_read_or_refused_and_nothing_else(chunks: list[bytes]) -> None:
    parser = Parser()
    with contextlib.suppress(BrokerError):
        for chunk in chunks:
            messages, answers = parser.feed(chunk)
            assert all(isinstance(one, Publish) and 0 <= one.mid <= 65535 for one in messages)
            assert all(isinstance(one, Connack | Suback) for one in answers)
