"""Proves samples against the registry and the clock. Pure: the index and the time come in as arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.catalog.enums import Mark, Reason
from schemas.records import Reading, Refusal
from schemas.times import US_PER_SECOND, from_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.records import Sample

_ABOVE = Mark.ABOVE_RANGE.value
_US_PER_DAY = 86_400 * US_PER_SECOND


class Known(NamedTuple):
    """What the registry says of one point: its number and the values that can be believed, in its unit."""

    point_id: int
    low: float
    high: float


class Bounds(NamedTuple):
    """How far from our clock a reading may lie; what is older than *late_us* is accepted and marked late."""

    earliest_us: int
    late_us: int
    latest_us: int


def bounds(received_us: int, *, max_age_days: int, late_after_s: int, max_future_s: int) -> Bounds:
    """Return the accepted times of a message received at *received_us*."""
    return Bounds(
        received_us - max_age_days * _US_PER_DAY,
        received_us - late_after_s * US_PER_SECOND,
        received_us + max_future_s * US_PER_SECOND,
    )


def validate(
    samples: Iterable[Sample], points: Mapping[str, Known], accepted: Bounds
) -> tuple[list[Reading], list[Refusal]]:
    """Return the readings that hold and the refusals of those that do not."""
    readings: list[Reading] = []
    refusals: list[Refusal] = []
    earliest, late, latest = accepted
    # This loop runs for every value of the county: a NamedTuple made by `tuple.__new__` costs half of a call of its class.
    new = tuple.__new__
    for ts_us, key, value, mark in samples:
        known = points.get(key)
        if known is None:
            refusals.append(
                Refusal(Reason.UNKNOWN_POINT, f"{key}: 该设备未登记此因子 (factor not registered for this device)")
            )
        elif ts_us > latest:
            refusals.append(Refusal(Reason.FUTURE, f"{key}: 时间超前 (in the future): {_when(ts_us)}"))
        elif ts_us < earliest:
            refusals.append(Refusal(Reason.TOO_OLD, f"{key}: 时间过早 (too old; ts is in ms): {_when(ts_us)}"))
        # Written so that NaN fails too. A value marked "above range" says itself that it is not believed, and is kept.
        elif not (known[1] <= value <= known[2]) and mark != _ABOVE:
            refusals.append(
                Refusal(Reason.OUT_OF_RANGE, f"{key}: {value} 超出量程 (outside) {known.low:g}–{known.high:g}")
            )
        else:
            readings.append(new(Reading, (known[0], ts_us, value, mark, ts_us < late)))
    return readings, refusals


def _when(ts_us: int) -> str:
    try:
        return from_us(ts_us).isoformat()
    except OverflowError:
        return f"{ts_us // 1000} ms"
