"""What check.py reads by itself is read as ingest's libraries read it."""

from __future__ import annotations

import ast
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.evidence import check
from schemas.times import to_us
from schemas.wire import json as wire

SOURCE = Path(check.__file__).read_text(encoding="utf-8")
RECEIVED_US = 1_800_000_000_123_456


def test_it_is_one_file_that_python_3_8_reads_with_its_standard_library() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules == {
        "__future__", "collections.abc", "csv", "datetime", "decimal", "hashlib", "json", "math", "pathlib", "re", "sqlite3",
        "struct", "sys", "typing",
    }  # fmt: skip
    assert len(SOURCE.splitlines()) <= 300


messages = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.text(max_size=300), st.binary(max_size=70_000)), max_size=20
)


@given(messages)
def test_a_batch_is_unpacked_as_it_was_packed(batch: list[tuple[int, str, bytes]]) -> None:
    raw = msgspec.msgpack.encode(batch)
    assert check.unpack(raw) == ([list(one) for one in batch], len(raw))


def test_a_large_batch_is_unpacked() -> None:
    batch = [[n, "t", b"x" * (n % 300)] for n in range(70_000)]
    assert check.unpack(msgspec.msgpack.encode(batch))[0] == batch


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001 - bounds are naive
FORMATS = ["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S%z", "%Y%m%dT%H%M%S%z", "%Y-%m-%dT%H:%M%z", "%Y%m%dT%H%z"]


@given(instants, st.sampled_from(FORMATS))
def test_an_instant_is_read_as_python_reads_it(at: datetime, form: str) -> None:
    text = at.strftime(form)
    assert check.measured_us(text) == to_us(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T08:00:00Z", "2026-11-20T08:00:00.1Z", "2026-11-20T08:00:00.123456789+08:00", "2026-11-20T08:00:00,5+08",
        "20261120T080000.25+0800", "2026-11-20T08:00:00.000001-23:59", "2026-W47-5T08:00:00+08:00",
    ],
)  # fmt: skip
def test_unusual_instants_are_read_as_python_reads_them(text: str) -> None:
    assert check.measured_us(text) == to_us(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    "ts", ["", "soon", "2026-11-20", "2026-11-20T08:00:00", "2026-13-40T08:00:00Z", None, True, [], {}]
)
def test_what_is_no_instant_is_refused(ts: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        check.measured_us(ts)


plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3),
    st.integers(10**310, 10**311), st.sampled_from(["N", "M", "T", "2026-11-20T08:00:00.5+08:00", 1_800_000_000_000]),
)  # fmt: skip
flagged = st.fixed_dictionaries({}, optional={"v": plain, "flag": st.sampled_from(["N", "M", "D", "x"]) | plain})
values = st.dictionaries(st.sampled_from(["w21003", "a", "ts", "seq"]), plain | flagged, max_size=3)
sample = st.fixed_dictionaries(
    {}, optional={"ts": plain, "values": values | plain, "seq": plain, "w21003": plain | flagged}
)


def taken(payload: bytes) -> set[tuple[str, int, float, str]]:
    return {(one.key, one.ts_us, one.value, one.mark) for one in wire.decode(payload, RECEIVED_US)[0]}


@given(sample | st.lists(sample | plain, max_size=3) | plain)
def test_every_value_that_ingest_took_is_found_with_time_and_mark(message: Any) -> None:
    payload = json.dumps(message).encode()
    assert taken(payload) <= set(check.samples(payload, RECEIVED_US))


@given(st.binary(max_size=60))
def test_no_payload_breaks_it(payload: bytes) -> None:
    assert taken(payload) <= set(check.samples(payload, RECEIVED_US))


@given(st.binary(max_size=60))
def test_a_damaged_batch_is_a_fault_and_no_crash(raw: bytes) -> None:
    report = check.Report()
    report.step("x", lambda: str(check.unpack(raw)))
    assert len(report.lines) == 1


def test_the_file_says_utc_where_python_3_8_knows_no_utc() -> None:
    assert to_us(check.EPOCH) == 0
