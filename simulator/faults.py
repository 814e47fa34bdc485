"""Faults of the line wrap the clean stream of a device; devices never know of them.

Each fault is a function from samples to samples. Whether a sample is hit depends on the seed and its own instant only,
so a restart hits the same ones.
"""

from __future__ import annotations

import heapq
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.catalog.enums import Mark
from simulator.signals import noise, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MS_PER_S = 1000


class Flagged(msgspec.Struct, frozen=True):
    """A value with a data mark, as it goes on the wire."""

    v: float
    flag: Mark


class Sample(NamedTuple):
    """What a device measured at *ts_ms* and sends at *sent_ms* (milliseconds since 1970)."""

    ts_ms: int
    values: dict[str, float | Flagged]
    sent_ms: int


class FaultKind(StrEnum):
    """What can go wrong between a plant and the broker."""

    SILENCE = "silence"
    MARKS = "marks"
    DUPLICATES = "duplicates"
    LATE = "late"


class Fault(msgspec.Struct, frozen=True):
    """One trouble of one line, for measurements from *from_s* until before *to_s* (infinite: until further notice).

    *share* of the samples are hit. *mark* and *factors* (none: all) belong to marks, *delay_s* to late ones.
    """

    kind: FaultKind
    from_s: float
    to_s: float
    share: float = 1.0
    mark: Mark = Mark.MAINTENANCE
    factors: frozenset[str] = frozenset()
    delay_s: int = 0


def longest_delay_ms(faults: Sequence[Fault]) -> int:
    """Return how long after its measurement a sample may still be sent."""
    return sum(fault.delay_s * MS_PER_S for fault in faults if fault.kind is FaultKind.LATE)


def wrap(samples: Iterable[Sample], faults: Sequence[Fault], seed: int, name: str) -> Iterator[Sample]:
    """Return *samples* of the line *name* with all *faults*, in the order of their sending."""
    wrapped = iter(samples)
    for number, fault in enumerate(faults):
        wrapped = _WRAPPERS[fault.kind](wrapped, fault, stream(seed, name, fault.kind, str(number)))
    return wrapped


def silence(samples: Iterable[Sample], fault: Fault, key: bytes) -> Iterator[Sample]:
    """Lose the samples hit."""
    return (sample for sample in samples if not _hit(sample, fault, key))


def marks(samples: Iterable[Sample], fault: Fault, key: bytes) -> Iterator[Sample]:
    """Put the fault's mark on values of the samples hit."""
    for sample in samples:
        if not _hit(sample, fault, key):
            yield sample
            continue
        values = {
            factor: Flagged(value, fault.mark)
            if isinstance(value, float) and (not fault.factors or factor in fault.factors)
            else value
            for factor, value in sample.values.items()
        }
        yield sample._replace(values=values)


def duplicates(samples: Iterable[Sample], fault: Fault, key: bytes) -> Iterator[Sample]:
    """Send the samples hit twice."""
    for sample in samples:
        yield sample
        if _hit(sample, fault, key):
            yield sample


def late(samples: Iterable[Sample], fault: Fault, key: bytes) -> Iterator[Sample]:
    """Send the samples hit later than the others, hence out of order."""
    waiting: list[tuple[int, int, Sample]] = []
    for number, sample in enumerate(samples):
        while waiting and waiting[0][0] <= sample.sent_ms:
            yield heapq.heappop(waiting)[2]
        if _hit(sample, fault, key):
            delayed = sample._replace(sent_ms=sample.sent_ms + fault.delay_s * MS_PER_S)
            heapq.heappush(waiting, (delayed.sent_ms, number, delayed))
        else:
            yield sample
    while waiting:
        yield heapq.heappop(waiting)[2]


def _hit(sample: Sample, fault: Fault, key: bytes) -> bool:
    at_s = sample.ts_ms / MS_PER_S
    if not fault.from_s <= at_s < fault.to_s:
        return False
    return fault.share >= 1.0 or (noise(key, sample.ts_ms) + 1.0) / 2.0 < fault.share


_WRAPPERS: dict[FaultKind, Callable[[Iterable[Sample], Fault, bytes], Iterator[Sample]]] = {
    FaultKind.SILENCE: silence,
    FaultKind.MARKS: marks,
    FaultKind.DUPLICATES: duplicates,
    FaultKind.LATE: late,
}
