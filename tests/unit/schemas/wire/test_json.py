from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalog.enums import Mark, Reason
from schemas.records import STAMPED_ON_RECEIPT, Sample
from schemas.wire.json import decode

if TYPE_CHECKING:
    from schemas.records import Refusal

NOW_US = 1_732_242_601_234_567
TS_US = 1_732_242_600_000_000


def read(text: str | bytes) -> tuple[list[Sample], list[Refusal]]:
    return decode(text.encode() if isinstance(text, str) else text, NOW_US)


def of(values: str) -> str:
    return '{"ts": 1732242600000, "values": %s}' % values  # noqa: UP031 - braces all over


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        (of('{"a": 31.2}'), [Sample(TS_US, "a", 31.2, "N")]),
        (of('{"a": 31, "b": -0.5}'), [Sample(TS_US, "a", 31.0, "N"), Sample(TS_US, "b", -0.5, "N")]),
        (of('{"a": 1e-3}'), [Sample(TS_US, "a", 0.001, "N")]),
        (of('{"a": {"v": 31.2, "flag": "M"}}'), [Sample(TS_US, "a", 31.2, "M")]),
        (of('{"a": {"v": 31.2, "flag": "N"}}'), [Sample(TS_US, "a", 31.2, "N")]),
        (of('{"a": {"v": 31.2}}'), [Sample(TS_US, "a", 31.2, "N")]),
        (of('{"a": {"v": 31.2, "more": [1, {}]}}'), [Sample(TS_US, "a", 31.2, "N")]),
        (
            "[" + of('{"a": 1}') + "," + of('{"a": 2}') + "]",
            [Sample(TS_US, "a", 1.0, "N"), Sample(TS_US, "a", 2.0, "N")],
        ),
        ('{"a": 31.2}', [Sample(NOW_US, "a", 31.2, "n")]),
        ('[{"a": 1}, {"b": 2}]', [Sample(NOW_US, "a", 1.0, "n"), Sample(NOW_US, "b", 2.0, "n")]),
        ('{"values": {"a": 1}}', [Sample(NOW_US, "a", 1.0, "n")]),
        ('{"a": 1, "seq": 7}', [Sample(NOW_US, "a", 1.0, "n")]),
        ('{"a": {"v": 1, "flag": "D"}}', [Sample(NOW_US, "a", 1.0, "D")]),
        ('{"a": {"v": 1, "flag": "N"}}', [Sample(NOW_US, "a", 1.0, "n")]),
        ('{"ts": 1732242600000, "a": 1}', [Sample(TS_US, "a", 1.0, "N")]),
        ('{"ts": 1732242600000, "seq": 9, "values": {"a": 1}}', [Sample(TS_US, "a", 1.0, "N")]),
        ('{"ts": 1732242600000.5, "values": {"a": 1}}', [Sample(TS_US + 500, "a", 1.0, "N")]),
        ('{"ts": 1732242600000.0, "values": {"a": 1}}', [Sample(TS_US, "a", 1.0, "N")]),
        ('{"ts": "2024-11-22T10:30:00+08:00", "values": {"a": 1}}', [Sample(TS_US, "a", 1.0, "N")]),
        ('{"ts": "2024-11-22T02:30:00Z", "values": {"a": 1}}', [Sample(TS_US, "a", 1.0, "N")]),
        ('{"ts": "2024-11-22T02:30:00.123456Z", "a": 1}', [Sample(TS_US + 123_456, "a", 1.0, "N")]),
        ('{"ts": 0, "values": {"a": 1}}', [Sample(0, "a", 1.0, "N")]),
        ('{"ts": -1, "values": {"a": 1}}', [Sample(-1000, "a", 1.0, "N")]),
        ("\ufeff" + '{"a": 1}', [Sample(NOW_US, "a", 1.0, "n")]),
        (of('{"水": 1}'), [Sample(TS_US, "水", 1.0, "N")]),
    ],
)
def test_what_is_said_is_read(text: str, samples: list[Sample]) -> None:
    assert read(text) == (samples, [])


@pytest.mark.parametrize("mark", list(Mark))
def test_each_mark_of_the_field_is_kept(mark: Mark) -> None:
    samples, refusals = read(of('{"a": {"v": 1.5, "flag": "%s"}}' % mark.value))  # noqa: UP031
    assert samples == [Sample(TS_US, "a", 1.5, mark.value)]
    assert not refusals


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("", [Reason.EMPTY]),
        (" \r\n\t", [Reason.EMPTY]),
        ("{}", [Reason.EMPTY]),
        ("[]", [Reason.EMPTY]),
        ("[{}, {}]", [Reason.EMPTY]),
        (of("{}"), [Reason.EMPTY]),
        ('{"ts": "2024-11-22T02:30:00Z"}', [Reason.EMPTY]),
        ("nonsense", [Reason.MALFORMED]),
        ('{"a": 1', [Reason.MALFORMED]),
        ('{"a": 1}}', [Reason.MALFORMED]),
        ("null", [Reason.MALFORMED]),
        ("1", [Reason.MALFORMED]),
        ("true", [Reason.MALFORMED]),
        ('"text"', [Reason.MALFORMED]),
        ("NaN", [Reason.MALFORMED]),
        ('[1, null, "x", []]', [Reason.MALFORMED] * 4),
        ('{"values": [1, 2]}', [Reason.MALFORMED]),
        ('{"values": null}', [Reason.MALFORMED]),
        ('{"values": 3}', [Reason.MALFORMED]),
        (of('{"a": NaN}'), [Reason.NOT_FINITE]),
        (of('{"a": Infinity}'), [Reason.NOT_FINITE]),
        (of('{"a": -Infinity}'), [Reason.NOT_FINITE]),
        (of('{"a": 1e400}'), [Reason.NOT_FINITE]),
        (of('{"a": %s}' % ("9" * 400)), [Reason.NOT_FINITE]),
        (of('{"a": {"v": NaN, "flag": "D"}}'), [Reason.NOT_FINITE]),
        (of('{"a": true}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": false}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": "31.2"}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": null}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": [1]}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": {}}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": {"v": true}}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": {"v": {"v": 1}}}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": {"flag": "M"}}'), [Reason.NOT_A_NUMBER]),
        (of('{"a": {"v": 1, "flag": "X"}}'), [Reason.BAD_MARK]),
        (of('{"a": {"v": 1, "flag": "m"}}'), [Reason.BAD_MARK]),
        (of('{"a": {"v": 1, "flag": "n"}}'), [Reason.BAD_MARK]),
        (of('{"a": {"v": 1, "flag": ""}}'), [Reason.BAD_MARK]),
        (of('{"a": {"v": 1, "flag": null}}'), [Reason.BAD_MARK]),
        (of('{"a": {"v": 1, "flag": 0}}'), [Reason.BAD_MARK]),
        ('{"ts": "2024-11-22T02:30:00", "values": {"a": 1}}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": "2024-11-22", "values": {"a": 1}}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": "yesterday", "values": {"a": 1, "b": 2}}', [Reason.BAD_TIMESTAMP] * 2),
        ('{"ts": "", "a": 1}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": "1732242600000", "a": 1}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": true, "values": {"a": 1}}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": null, "values": {"a": 1}}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": NaN, "values": {"a": 1}}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": 1e300, "values": {"a": 1}}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": {}, "values": {"a": 1}}', [Reason.BAD_TIMESTAMP]),
        ('{"ts": null}', [Reason.BAD_TIMESTAMP]),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, reasons: list[Reason]) -> None:
    samples, refusals = read(text)
    assert samples == []
    assert [refusal.reason for refusal in refusals] == reasons
    assert all(refusal.detail for refusal in refusals)


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe\xff",
        b'{"a": "\xff"}',
        b'{"\xc3": 1}',
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"ts": 1, "values": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b"1" * 10_000,
    ],
)
def test_junk_is_one_refusal(payload: bytes) -> None:
    samples, refusals = read(payload)
    assert samples == []
    assert [refusal.reason for refusal in refusals] == [Reason.MALFORMED]
    assert len(refusals[0].detail) <= 200


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("NaN", Reason.NOT_FINITE),
        ('"31.2"', Reason.NOT_A_NUMBER),
        ("null", Reason.NOT_A_NUMBER),
        ("true", Reason.NOT_A_NUMBER),
        ('[[{"x": 1}]]', Reason.NOT_A_NUMBER),
        ('{"v": 1, "flag": "?"}', Reason.BAD_MARK),
    ],
)
def test_good_values_beside_a_bad_one_are_kept(bad: str, reason: Reason) -> None:
    samples, refusals = read(of('{"a": 1, "bad": %s, "c": {"v": 3, "flag": "C"}}' % bad))  # noqa: UP031
    assert samples == [Sample(TS_US, "a", 1.0, "N"), Sample(TS_US, "c", 3.0, "C")]
    assert [refusal.reason for refusal in refusals] == [reason]
    assert refusals[0].detail.startswith("bad: ")


def test_repeated_good_values_beside_bad_ones_are_all_kept() -> None:
    one = of('{"a": 1, "b": null}')
    samples, refusals = read(f"[{one}, {one}, 5]")
    assert samples == [Sample(TS_US, "a", 1.0, "N")] * 2
    assert [refusal.reason for refusal in refusals] == [Reason.NOT_A_NUMBER] * 2 + [Reason.MALFORMED]


def test_a_list_keeps_the_good_beside_a_bad_time() -> None:
    samples, refusals = read("[" + of('{"a": 1}') + ', {"ts": "?", "values": {"a": 2}}]')
    assert samples == [Sample(TS_US, "a", 1.0, "N")]
    assert [refusal.reason for refusal in refusals] == [Reason.BAD_TIMESTAMP]


def test_a_refusal_shows_what_it_refuses_and_stays_short() -> None:
    _, refusals = read(of('{"a": "%s"}' % ("x" * 5000)))
    assert "xxx" in refusals[0].detail
    assert len(refusals[0].detail) < 150


@given(st.binary())
def test_any_bytes_are_answered(payload: bytes) -> None:
    samples, refusals = decode(payload, NOW_US)
    assert len(samples) + len(refusals) >= 1


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)
FLAGGED = st.fixed_dictionaries({}, optional={"v": ANY_JSON, "flag": SCALARS | st.sampled_from(list("NFMSDCTB"))})
VALUES = st.dictionaries(st.text(max_size=6), ANY_JSON | FLAGGED, max_size=6)
NEAR_MISSES = st.fixed_dictionaries({}, optional={"ts": ANY_JSON, "values": VALUES | ANY_JSON, "seq": ANY_JSON})


@given(ANY_JSON | VALUES | NEAR_MISSES | st.lists(NEAR_MISSES | VALUES, max_size=4))
def test_any_json_is_answered_and_what_is_kept_is_sound(found: object) -> None:
    samples, refusals = decode(json.dumps(found).encode(), NOW_US)
    assert len(samples) + len(refusals) >= 1
    for sample in samples:
        assert isinstance(sample.ts_us, int)
        assert isinstance(sample.value, float)
        assert math.isfinite(sample.value)
        assert sample.mark in {*Mark, STAMPED_ON_RECEIPT}


@given(st.dictionaries(st.text(), SCALARS, min_size=1))
def test_every_value_is_counted_once(values: dict[str, object]) -> None:
    samples, refusals = decode(json.dumps({"ts": 1, "values": values}).encode(), NOW_US)
    assert len(samples) + len(refusals) == len(values)
    good = {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
    assert {sample.key: sample.value for sample in samples} == good


@given(
    st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    st.integers(-(2**53), 2**53),
)
def test_both_ways_of_reading_agree(values: dict[str, float], ts: int) -> None:
    fast = decode(json.dumps({"ts": ts, "values": values}).encode(), NOW_US)
    slow = decode(json.dumps([{"ts": ts, "values": values}, None]).encode(), NOW_US)
    assert fast[0] == slow[0]
    assert (fast[1], len(slow[1])) == ([], 1)


@pytest.mark.parametrize("flag", [b"[]", b"{}", b"[[1]]", b"7", b"null"])
def test_a_flag_that_is_no_letter_refuses_its_value_alone(flag: bytes) -> None:
    samples, refusals = decode(b'{"ts":1,"values":{"a":{"v":1,"flag":' + flag + b'},"b":2}}', 0)
    assert [sample.key for sample in samples] == ["b"]
    assert [refusal.reason for refusal in refusals] == [Reason.BAD_MARK]


def test_an_endless_integer_refuses_itself_alone() -> None:
    samples, refusals = decode(b'{"ts":1,"values":{"a":1,"b":' + b"9" * 5000 + b"}}", 0)
    assert [sample.key for sample in samples] == ["a"]
    assert [refusal.reason for refusal in refusals] == [Reason.NOT_FINITE]
