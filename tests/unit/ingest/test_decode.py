from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import Decoded, decode
from schemas.catalog.enums import Reason
from schemas.records import Message, Sample
from schemas.topics import Kind, Topic

NOW_US = 1_732_242_601_000_000


def read(topic: str, payload: bytes, *, max_bytes: int = 1000, max_values: int = 10) -> Decoded:
    return decode(Message(topic, payload, NOW_US, 1, 1), "yx/v1", max_bytes, max_values)


def test_telemetry_is_read_by_the_json_decoder() -> None:
    topic, samples, refusals, online = read("yx/v1/s/d/telemetry", b'{"ts": 5, "values": {"a": 1, "b": null}}')
    assert topic == Topic("s", "d", Kind.TELEMETRY)
    assert samples == [Sample(5000, "a", 1.0, "N")]
    assert [refusal.reason for refusal in refusals] == [Reason.NOT_A_NUMBER]
    assert online is None


def test_a_value_without_time_is_stamped_on_receipt() -> None:
    assert read("yx/v1/s/d/telemetry", b'{"a": 1}').samples == [Sample(NOW_US, "a", 1.0, "n")]


@pytest.mark.parametrize("topic", ["", "yx/v1/s/d", "yx/v2/s/d/telemetry", "yx/v1/s/d/else", "yx/v1//d/status"])
def test_a_topic_that_is_not_ours_is_one_refusal(topic: str) -> None:
    found = read(topic, b'{"a": 1, "b": 2}')
    assert found.topic is None
    assert found.samples == []
    assert [refusal.reason for refusal in found.refusals] == [Reason.BAD_TOPIC]


@pytest.mark.parametrize(("size", "refused"), [(999, False), (1000, False), (1001, True)])
def test_bytes_are_capped(size: int, *, refused: bool) -> None:
    found = read("yx/v1/s/d/telemetry", b'{"a": 1}'.ljust(size))
    assert [refusal.reason for refusal in found.refusals] == ([Reason.TOO_LARGE] if refused else [])
    assert len(found.samples) == (0 if refused else 1)


@pytest.mark.parametrize(("count", "refused"), [(9, False), (10, False), (11, True)])
@pytest.mark.parametrize("value", ["1", "null"])
def test_values_are_capped_good_and_bad_together(value: str, count: int, *, refused: bool) -> None:
    payload = "{%s}" % ", ".join(f'"k{number}": {value}' for number in range(count))  # noqa: UP031
    found = read("yx/v1/s/d/telemetry", payload.encode())
    if refused:
        assert found.samples == []
        assert [refusal.reason for refusal in found.refusals] == [Reason.TOO_LARGE]
    else:
        assert len(found.samples) + len(found.refusals) == count


@pytest.mark.parametrize("kind", ["hj212", "down"])
def test_a_kind_not_yet_understood_is_said_so(kind: str) -> None:
    found = read(f"yx/v1/s/d/{kind}", b"##0101QN=1")
    assert [refusal.reason for refusal in found.refusals] == [Reason.UNSUPPORTED_KIND]
    assert kind in found.refusals[0].detail


@pytest.mark.parametrize(
    ("payload", "online"),
    [
        (b'{"online": true}', True),
        (b' {"online":true} \n', True),
        (b"online", True),
        (b"ONLINE", True),
        (b'{"online": false}', False),
        (b"offline", False),
        (b"Offline\n", False),
    ],
)
def test_birth_and_last_will(payload: bytes, *, online: bool) -> None:
    assert read("yx/v1/s/d/status", payload) == Decoded(Topic("s", "d", Kind.STATUS), [], [], online)


@pytest.mark.parametrize("payload", [b"", b"1", b"true", b'{"online": 1}', b'{"a": 1}', b"\xff", b"[" * 900])
def test_another_status_is_malformed(payload: bytes) -> None:
    found = read("yx/v1/s/d/status", payload)
    assert [refusal.reason for refusal in found.refusals] == [Reason.MALFORMED]
    assert found.online is None


@given(st.sampled_from([f"yx/v1/s/d/{kind}" for kind in Kind]) | st.text(), st.binary(max_size=1200))
def test_every_message_is_a_sample_a_refusal_or_a_state(topic: str, payload: bytes) -> None:
    found = read(topic, payload)
    assert len(found.samples) + len(found.refusals) + (found.online is not None) >= 1
    assert found.topic is not None or not found.samples


def test_a_defect_of_the_decoder_costs_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_payload: bytes, _received_us: int) -> None:
        raise TypeError("unhashable type: 'list'")

    monkeypatch.setattr("schemas.wire.json.decode", broken)
    message = Message("yx/v1/s/d/telemetry", b'{"a": 1}', 0, 1, 1)
    decoded = decode(message, "yx/v1", 1000, 1000)
    assert (decoded.topic, decoded.samples) == (Topic("s", "d", Kind.TELEMETRY), [])
    assert [refusal.reason for refusal in decoded.refusals] == [Reason.DECODER_FAILED]
