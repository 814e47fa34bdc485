from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from schemas.catalog.factors import FACTORS
from schemas.wire.json import decode
from tests.bench import county, load
from tests.bench.copying import split
from tests.bench.figures import Figure, as_text, over_rounds, percentile, reaches, table, write_json
from tests.bench.packets import SIGNALS, VALUES, build, connect_packet, count_pubacks, remaining_length, share

if TYPE_CHECKING:
    from pathlib import Path

_START_MS = 1_763_900_000_000
_TOPIC = "yx/v1/plant-007/outlet/telemetry"


def _parse_publish(packet: bytes | bytearray) -> tuple[str, int, bytes]:
    assert packet[0] == 0x32, "PUBLISH, QoS 1, no retain, no dup"
    length, shift, at = 0, 0, 1
    while True:
        length |= (packet[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if packet[at - 1] < 128:
            break
    assert len(packet) == at + length
    (topic_size,) = struct.unpack_from("!H", packet, at)
    topic = packet[at + 2 : at + 2 + topic_size].decode()
    (packet_id,) = struct.unpack_from("!H", packet, at + 2 + topic_size)
    return topic, packet_id, bytes(packet[at + 4 + topic_size :])


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_383, b"\xff\x7f"), (2_097_152, b"\x80\x80\x80\x01")],
)
def test_the_remaining_length_is_written_as_mqtt_says(number: int, encoded: bytes) -> None:
    assert remaining_length(number) == encoded


def test_connect_carries_identity_and_asks_for_a_clean_session_without_keepalive() -> None:
    packet = connect_packet("s:d", "s/d", "secret")
    assert packet == (b"\x10\x1c\x00\x04MQTT\x04\xc2\x00\x00" + b"\x00\x03s:d" + b"\x00\x03s/d" + b"\x00\x06secret")


def test_every_packet_of_a_stream_is_one_distinct_message_of_eight_values() -> None:
    stream = build(_TOPIC, 500, _START_MS, 3, seed=7)
    cut = [stream.packets[at : at + stream.size] for at in range(0, len(stream.packets), stream.size)]
    assert len(cut) == 500
    for number, packet in enumerate(cut):
        topic, packet_id, payload = _parse_publish(packet)
        said = json.loads(payload)
        assert (topic, packet_id, said["ts"]) == (_TOPIC, number + 1, _START_MS + 3 * number)
        assert list(said["values"]) == [name for name, _, _, _ in SIGNALS]
        assert all(low <= said["values"][name] <= high for name, low, high, _ in SIGNALS)


def test_a_packet_id_is_never_zero_and_starts_again_after_65535() -> None:
    stream = build("t", 65_536, _START_MS, 1, seed=1)
    ids = [_parse_publish(stream.packets[n * stream.size : (n + 1) * stream.size])[1] for n in (0, 65_534, 65_535)]
    assert ids == [1, 65_535, 1]


def test_the_seed_decides_the_bytes() -> None:
    assert build("t", 20, _START_MS, 1, 4) == build("t", 20, _START_MS, 1, 4)
    assert build("t", 20, _START_MS, 1, 4) != build("t", 20, _START_MS, 1, 5)


def test_stamping_changes_one_packets_time_and_nothing_else() -> None:
    stream, before = build(_TOPIC, 3, _START_MS, 1, 1), build(_TOPIC, 3, _START_MS, 1, 1)
    stream.stamp(1, 1_800_000_000_123)
    parts = [_parse_publish(stream.packets[n * stream.size : (n + 1) * stream.size]) for n in range(3)]
    assert [json.loads(payload)["ts"] for _, _, payload in parts] == [_START_MS, 1_800_000_000_123, _START_MS + 2]
    differing = [n for n, (a, b) in enumerate(zip(stream.packets, before.packets, strict=True)) if a != b]
    assert all(stream.size + stream.ts_at <= n < stream.size + stream.ts_at + 13 for n in differing)


def test_ingest_and_the_registry_accept_what_is_sent() -> None:
    stream = build(_TOPIC, 1, _START_MS, 1, 1)
    samples, refusals = decode(_parse_publish(stream.packets)[2], 0)
    assert (len(samples), refusals) == (VALUES, [])
    points = county.document(2).sites[1].devices[0].points
    assert [point.factor for point in points] == [sample.key for sample in samples]
    assert all(FACTORS[name].low <= low and high <= FACTORS[name].high for name, low, high, _ in SIGNALS)


def test_the_county_has_as_many_devices_as_asked_for() -> None:
    found = list(county.devices_of(county.document(300)))
    assert len(set(found)) == 300
    assert found[299] == ("plant-299", "outlet")


@pytest.mark.parametrize(
    ("received", "count", "rest"),
    [
        (b"", 0, b""),
        (b"\x40\x02\x00", 0, b"\x40\x02\x00"),
        (b"\x40\x02\x00\x01", 1, b""),
        (b"\x40\x02\x00\x01\x40\x02\xff\xff\x40", 2, b"\x40"),
        (b"\x40\x02\x40\x02" * 1000, 1000, b""),
    ],
)
def test_pubacks_are_counted_in_bulk_and_a_part_of_one_is_kept(received: bytes, count: int, rest: bytes) -> None:
    assert count_pubacks(received) == (count, rest)


@pytest.mark.parametrize("foreign", [b"\xd0\x00\xd0\x00", b"\x40\x02\x00\x01\x30\x02\x00\x01", b"\x40\x03\x00\x01"])
def test_anything_but_a_puback_is_a_fault(foreign: bytes) -> None:
    with pytest.raises(ValueError, match="not a PUBACK"):
        count_pubacks(foreign)


def test_messages_are_shared_out_evenly_and_none_is_left_over() -> None:
    assert share(10, 4) == [3, 3, 2, 2]
    assert sum(share(60_001, 300)) == 60_001


def _line(messages: int, window: int) -> tuple[load.Line, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    return load.Line(ours, build("t", messages, _START_MS, 1, 1), window), theirs


def test_a_line_sends_no_more_than_its_window_until_pubacks_come() -> None:
    line, broker = _line(10, window=4)
    with line.sock, broker:
        line.due = 10
        assert line.push()
        assert (line.sent, line.free) == (4, 0)
        broker.sendall(b"\x40\x02\x00\x01\x40\x02\x00\x02\x40")
        assert line.pull() == 2
        assert line.free == 2
        assert line.push()
        broker.sendall(b"\x02\x00\x03")
        assert (line.pull(), line.acked, line.sent) == (1, 3, 6)


def test_a_line_stamps_each_message_once_and_later_than_the_one_before() -> None:
    line, broker = _line(3, window=9)
    with line.sock, broker:
        for due, now_ms in ((1, _START_MS + 50), (3, _START_MS + 50)):
            line.due = due
            assert line.push(now_ms)
        received = broker.recv(4096)
    size = len(received) // 3
    times = [json.loads(_parse_publish(received[n * size : (n + 1) * size])[2])["ts"] for n in range(3)]
    assert times == [_START_MS + 50, _START_MS + 51, _START_MS + 52]


def test_a_broker_that_hangs_up_is_an_error_not_an_endless_wait() -> None:
    line, broker = _line(1, window=1)
    with line.sock:
        broker.close()
        with pytest.raises(ConnectionError):
            line.pull()


class _Broker:
    """Answers CONNECT, then acknowledges every *size* bytes it gets."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.messages = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(2)
        await reader.readexactly(head[1])
        writer.write(b"\x20\x02\x00\x00")
        try:
            while packet := await reader.readexactly(self._size):
                self.messages += 1
                (topic_size,) = struct.unpack_from("!H", packet, 3)
                writer.write(b"\x40\x02" + packet[5 + topic_size : 7 + topic_size])
        except asyncio.IncompleteReadError as left:
            self.messages += len(left.partial)
        writer.close()


@pytest.mark.parametrize("amount", [["--messages", "1000", "--window", "7"], ["--rate", "2000", "--seconds", "0.25"]])
async def test_the_generator_sends_everything_and_ends_by_itself(amount: list[str], tmp_path: Path) -> None:
    names = ["a/d", "b/d", "c/d"]
    credentials = tmp_path / "devices.json"
    credentials.write_text(json.dumps(dict.fromkeys(names, "pw")))
    broker = _Broker(build("yx/v1/a/d/telemetry", 1, _START_MS, 1, 1).size)
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    args = load.arguments(["--port", str(port), "--credentials", str(credentials), "--timeout", "20", *amount])
    found = await asyncio.to_thread(load.run, args)
    server.close()
    await server.wait_closed()
    expected = 1000 if "--messages" in amount else 500
    assert (found["sent"], found["acked"], broker.messages) == (expected, expected, expected)
    if "--rate" in amount:
        assert 0.24 <= found["seconds"] < 5


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "0.0.0.0", ""])
def test_no_host_but_loopback_is_loaded(host: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="loopback"):
        load.loopback(host)
    assert load.loopback("127.0.0.1") == "127.0.0.1"


_COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
_COPY_END = b"\xff\xff"


def _row(*fields: bytes | None) -> bytes:
    packed = [struct.pack("!i", -1) if f is None else struct.pack("!i", len(f)) + f for f in fields]
    return struct.pack("!h", len(fields)) + b"".join(packed)


_ROWS = [_row(b"abc", None, b""), _row(b"\xff\xff\xff", b"x" * 300), _row(), _row(b"1", b"2", b"3", b"4"), _row(None)]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 9])
def test_split_gives_whole_streams_that_hold_all_rows_in_order(rows: int) -> None:
    parts = list(split(_COPY_HEAD + b"".join(_ROWS) + _COPY_END, rows))
    expected = [_ROWS[at : at + rows] for at in range(0, len(_ROWS), rows)]
    assert parts == [_COPY_HEAD + b"".join(some) + _COPY_END for some in expected]


def test_split_of_no_rows_is_no_stream() -> None:
    assert list(split(_COPY_HEAD + _COPY_END, 3)) == []


def test_split_keeps_a_header_extension() -> None:
    head = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 4) + b"more"
    assert list(split(head + _ROWS[0] + _ROWS[1] + _COPY_END, 1)) == [head + row + _COPY_END for row in _ROWS[:2]]


@pytest.mark.parametrize("cut", [1, 2, 3, 8])
def test_split_refuses_a_stream_that_was_cut_off(cut: int) -> None:
    with pytest.raises(ValueError, match="cut off"):
        list(split((_COPY_HEAD + b"".join(_ROWS) + _COPY_END)[:-cut], 2))


def test_split_refuses_what_is_not_binary_copy() -> None:
    with pytest.raises(ValueError, match="not a binary COPY"):
        list(split(b"1\t2\n", 2))


@pytest.mark.parametrize(
    ("values", "share_of", "expected"),
    [([4.0], 0.5, 4.0), ([1, 2, 3, 4], 0.5, 2), ([1, 2, 3, 4], 0.51, 3), (range(1, 101), 0.99, 99), ([1, 2], 1.0, 2)],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share_of: float, expected: float) -> None:
    assert percentile(values, share_of) == expected


@pytest.mark.parametrize(
    ("value", "reach", "ok"),
    [
        (0.5, ">= 0.50", True), (0.4999, ">= 0.50", False), (0.5, "< 0.5", False), (299.9, "< 300", True),
        (0, "= 0", True), (1, "= 0", False), (100_000, ">= 100,000", True), (1, "<= 1", True), (1, "> 1", False),
    ],
)  # fmt: skip
def test_a_reach_is_judged_exactly(value: float, reach: str, ok: bool) -> None:  # noqa: FBT001 - a table's column
    assert reaches(value, reach) is ok
    with pytest.raises(ValueError, match="not a reach"):
        reaches(value, "~" + reach)


def test_rounds_give_median_and_spread() -> None:
    figure = over_rounds("e2e", [3.0, 1.0, 2.0], "readings/s", ">= 2")
    assert (figure.value, figure.spread, figure.ok) == (2.0, (1.0, 3.0), True)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.51234, "0.512"), (12.345, "12.3"), (1234.5, "1,234"), (7.0, "7")]
)
def test_numbers_have_the_digits_a_reader_needs(value: float, text: str) -> None:
    assert as_text(value) == text


def test_the_table_aligns_its_columns_and_names_a_miss() -> None:
    lines = table([Figure("short", 1, "s", "< 1"), over_rounds("a longer name", [1, 2, 3], "MB")]).splitlines()
    assert lines[1].split() == ["short", "1", "s", "<", "1", "MISSED"]
    assert lines[2].split() == ["a", "longer", "name", "2", "1", "–", "3", "MB"]
    assert lines[0].index("unit") == lines[1].index("s", 5) == lines[2].index("MB")


def test_the_file_has_the_agreed_fields_and_the_spread_as_figures(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    write_json([Figure("lost", 0, "readings", "= 0"), over_rounds("e2e", [1.0, 2.0, 3.0], "readings/s")], path)
    assert json.loads(path.read_text(encoding="utf-8")) == [
        {"name": "lost", "value": 0, "unit": "readings", "reach": "= 0", "ok": True},
        {"name": "e2e", "value": 2.0, "unit": "readings/s", "reach": None, "ok": None},
        {"name": "e2e_min", "value": 1.0, "unit": "readings/s", "reach": None, "ok": None},
        {"name": "e2e_max", "value": 3.0, "unit": "readings/s", "reach": None, "ok": None},
    ]
