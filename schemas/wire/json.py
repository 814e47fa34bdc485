"""The JSON a device sends: ThingsBoard's device format, widened (design, section 4).

``{"ts": 1732242600000, "values": {"w01018": 31.2}}``, a list of such, or bare ``{"w01018": 31.2}``. ``ts`` is epoch
milliseconds or RFC 3339 with offset; a value is a number or ``{"v": 31.2, "flag": "M"}``. Each value that cannot be
read is refused by itself; the good ones beside it are kept.
"""

from __future__ import annotations

import json
import math
from datetime import datetime

import msgspec

from schemas.catalog.enums import Mark, Reason
from schemas.records import STAMPED_ON_RECEIPT, Refusal, Sample
from schemas.times import to_us

_MARKS = frozenset(Mark)
_NORMAL = Mark.NORMAL.value
_SHOWN = 60
_MAX_DIGITS = 400


class Plain(msgspec.Struct):
    """What nearly every message is: numbers with a time in milliseconds."""

    ts: int
    values: dict[str, float]


_PLAIN = msgspec.json.Decoder(Plain | list[Plain])
_PLAIN_ONE = msgspec.json.Decoder(Plain)


def decode_plain(payload: bytes) -> Plain | None:
    """Return the one plain sample that *payload* is, or None when `decode` must look at it."""
    try:
        return _PLAIN_ONE.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def decode(payload: bytes, received_us: int) -> tuple[list[Sample], list[Refusal]]:
    """Return what *payload* says and what of it is refused; an empty payload is one refusal."""
    if not payload.strip():
        return [], [Refusal(Reason.EMPTY, "消息为空 (empty message)")]
    try:
        found = _PLAIN.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_leniently(payload, received_us)
    # For every value of the county: a NamedTuple made by `tuple.__new__` costs half of a call of its class.
    new = tuple.__new__
    samples = [
        new(Sample, (ts_us, key, value, _NORMAL))
        for one in (found if isinstance(found, list) else (found,))
        for ts_us in (one.ts * 1000,)
        for key, value in one.values.items()
    ]
    return (samples, []) if samples else ([], [Refusal(Reason.EMPTY, "没有数值 (no values)")])


def _decode_leniently(payload: bytes, received_us: int) -> tuple[list[Sample], list[Refusal]]:
    try:
        # The standard library reads NaN and Infinity, which careless firmware sends: refused singly, not as a whole.
        found = json.loads(payload, parse_int=_parse_int)
    except (ValueError, RecursionError) as exc:
        return [], [Refusal(Reason.MALFORMED, f"不是合法的 JSON (not JSON): {exc}"[:200])]
    samples: list[Sample] = []
    refusals: list[Refusal] = []
    for one in found if isinstance(found, list) else [found]:
        _read_sample(one, received_us, samples, refusals)
    if not samples and not refusals:
        refusals.append(Refusal(Reason.EMPTY, "没有数值 (no values)"))
    return samples, refusals


def _parse_int(digits: str) -> int | float:
    """Return the integer, or infinity for one longer than Python reads: it is refused alone, not with its neighbours."""
    return int(digits) if len(digits) < _MAX_DIGITS else math.inf


def _read_sample(one: object, received_us: int, samples: list[Sample], refusals: list[Refusal]) -> None:
    if not isinstance(one, dict):
        refusals.append(Refusal(Reason.MALFORMED, f"应为对象 (expected an object): {_show(one)}"))
        return
    values = one.get("values", {key: value for key, value in one.items() if key not in ("ts", "seq")})
    if not isinstance(values, dict):
        refusals.append(Refusal(Reason.MALFORMED, f"values 应为对象 (must be an object): {_show(values)}"))
        return
    stamped = "ts" not in one
    ts_us = received_us if stamped else _read_ts(one["ts"])
    if isinstance(ts_us, str):
        refusals.extend(Refusal(Reason.BAD_TIMESTAMP, f"{key}: {ts_us}") for key in values or ["ts"])
        return
    for key, value in values.items():
        read = _read_value(key, value, stamped=stamped)
        if isinstance(read, Refusal):
            refusals.append(read)
        else:
            samples.append(Sample(ts_us, key, *read))


def _read_ts(ts: object) -> int | str:
    """Return microseconds since 1970, or the complaint."""
    if isinstance(ts, bool):
        return f"ts 不能是布尔值 (boolean): {ts}"
    if isinstance(ts, int):
        return ts * 1000
    if isinstance(ts, float) and math.isfinite(ts) and abs(ts) < 1e15:  # noqa: PLR2004 - the year 33658 in ms
        return round(ts * 1000)
    if isinstance(ts, str):
        try:
            instant = datetime.fromisoformat(ts)
        except ValueError:
            return f"ts 不是 RFC 3339 (not RFC 3339): {_show(ts)}"
        return to_us(instant) if instant.tzinfo else f"ts 没有时区 (no offset): {_show(ts)}"
    return f"ts 应为毫秒或 RFC 3339 (milliseconds or RFC 3339): {_show(ts)}"


def _read_value(key: str, value: object, *, stamped: bool) -> tuple[float, str] | Refusal:
    mark = STAMPED_ON_RECEIPT if stamped else _NORMAL
    if isinstance(value, dict):
        flag = value.get("flag", _NORMAL)
        if not isinstance(flag, str) or flag not in _MARKS:
            return Refusal(Reason.BAD_MARK, f"{key}: 标记应为 {'/'.join(_MARKS_SHOWN)} 之一 (mark): {_show(flag)}")
        if flag != _NORMAL:
            mark = flag
        value = value.get("v")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Refusal(Reason.NOT_A_NUMBER, f"{key}: 不是数值 (not a number): {_show(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return Refusal(Reason.NOT_FINITE, f"{key}: 不是有限数值 (not finite): {_show(value)}")
    return number, mark


_MARKS_SHOWN = tuple(mark.value for mark in Mark)


def _show(value: object) -> str:
    return repr(value)[:_SHOWN]
