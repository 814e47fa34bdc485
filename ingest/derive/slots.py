"""Readings of one hour laid into the slots they are due in, under the marks of persons. Pure.

An hour is valid by how many of its due readings came and count, so what is counted is distinct slots: neither a device
that sends too fast nor a clock that trembles changes the answer. Numbers stand in schemas/catalog/validity.toml.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from schemas.catalog.enums import MARK_LETTER, Mark, MarkKind
from schemas.catalog.validity import number
from schemas.records import STAMPED_ON_RECEIPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Marks of values that count: the device says normal, we stamped it on receipt, or a person says 数据有效.
COUNTED = frozenset({Mark.NORMAL.value, STAMPED_ON_RECEIPT, MARK_LETTER[MarkKind.VALID]})
#: Marks of a source that stands 停运, and of a calibration or standard check.
STOPPED = frozenset({Mark.STOPPED.value, MARK_LETTER[MarkKind.STOPPED]})
CHECKED = frozenset({Mark.CALIBRATING.value, MARK_LETTER[MarkKind.CALIBRATION], MARK_LETTER[MarkKind.STANDARD_CHECK]})
HOUR_S = 3600
_US = 1_000_000
_MINUTE_S = 60


class Value(NamedTuple):
    """One reading inside a window. *late*: it was sent after the fact 补传."""

    ts_us: int
    value: float
    mark: str
    late: bool = False


class Period(NamedTuple):
    """A person's mark 标记 of this point, half-open [since, until) in microseconds UTC; *made_us*: when it was made."""

    since_us: int
    until_us: int
    letter: str
    made_us: int


class Sampling(NamedTuple):
    """How a point is sampled: seconds between two readings due, its factor, and "water", "gas" or "other"."""

    interval_s: int
    factor: str
    medium: str


def overlay(values: Sequence[Value], periods: Sequence[Period]) -> list[Value]:
    """Return *values* with the letter of the newest period that covers their instant, in the order given.

    The manual mark prevails over the device's (announcement 2022 No. 21; house reference part II 6).
    """
    if not periods:
        return list(values)
    found = [(value, _letter_at(periods, value.ts_us)) for value in values]
    return [value._replace(mark=letter) if letter else value for value, letter in found]


def _letter_at(periods: Iterable[Period], ts_us: int) -> str | None:
    held = [(period.made_us, period.since_us, period.letter) for period in periods if _covers(period, ts_us)]
    return max(held)[2] if held else None


def _covers(period: Period, ts_us: int) -> bool:
    return period.since_us <= ts_us < period.until_us


def fine_gas(sampling: Sampling) -> bool:
    """Return whether minute means come before the hour's (HJ 212-2017 D.2.2)."""
    return sampling.medium == "gas" and sampling.interval_s < _MINUTE_S


def expected_in_hour(sampling: Sampling) -> int:
    """Return how many an hour counts: 60 minutes for fine gas series, else its due slots, at least 1."""
    return HOUR_S // _MINUTE_S if fine_gas(sampling) else max(1, HOUR_S // sampling.interval_s)


@lru_cache(maxsize=256)
def due_units(sampling: Sampling) -> tuple[int, ...]:
    """Return the unit of each due slot: what is counted is minutes for fine gas series and slots for all others."""
    if fine_gas(sampling):
        return tuple(start // _MINUTE_S for start in range(0, HOUR_S, sampling.interval_s))
    return tuple(range(expected_in_hour(sampling)))


def grid_offset(values: Sequence[Value], start_us: int, sampling: Sampling) -> int:
    """Return by how many microseconds the slots of the hour begin before the whole intervals: 0 or half an interval.

    A clock that trembles about the whole minute puts two readings into one minute and none into the next. Slots about
    the whole minutes then hold one each. A device that sends more than is due does not tremble: its slots stay.
    """
    instants = {value.ts_us - start_us for value in values}
    interval_us, n_due = sampling.interval_s * _US, len(due_units(sampling))
    if len(instants) > n_due:
        return 0
    half_us = interval_us // 2
    plain, shifted = ({_slot(at, sampling, offset) for at in instants} for offset in (0, half_us))
    return half_us if len(shifted) > len(plain) else 0


def _slot(at_us: int, sampling: Sampling, offset_us: int) -> int:
    n_due, index = len(due_units(sampling)), (at_us + offset_us) // (sampling.interval_s * _US)
    # Shifted, the hour's last half interval is the other half of its first: what is due at the next full hour came early.
    return index % n_due if offset_us else min(index, n_due - 1)


def in_slots(
    values: Iterable[Value], start_us: int, sampling: Sampling, offset_us: int = 0
) -> Mapping[int, list[Value]]:
    """Return due slot → its readings. Distinct slots are counted: sheer number makes no hour valid."""
    held: dict[int, list[Value]] = defaultdict(list)
    for value in values:
        held[_slot(value.ts_us - start_us, sampling, offset_us)].append(value)
    return held


def full_units(slots: Iterable[int], sampling: Sampling) -> set[int]:
    """Return the units of which enough slots are taken: a minute needs 75 % of its readings (HJ 212-2017 C.16-C.18)."""
    units, due = due_units(sampling), Counter(due_units(sampling))
    taken = Counter(units[slot] for slot in slots)
    return {unit for unit, count in taken.items() if count * 100 >= number("gas_minute_share") * due[unit]}


def marks_of_slots(
    held: Mapping[int, list[Value]], first_us: int, sampling: Sampling, periods: Sequence[Period]
) -> dict[int, set[str]]:
    """Return slot → marks: of its readings, or where none came of the person's mark over its middle.

    *first_us*: where the first slot begins.
    """
    letters = {slot: {value.mark for value in of_slot} for slot, of_slot in held.items()}
    if periods:
        interval_us = sampling.interval_s * _US
        for slot in set(range(len(due_units(sampling)))) - letters.keys():
            letter = _letter_at(periods, first_us + slot * interval_us + interval_us // 2)
            letters |= {slot: {letter}} if letter else {}
    return letters


def stood_units(letters: Mapping[int, set[str]], sampling: Sampling) -> set[int]:
    """Return the units that could not have become valid because the source stood."""
    units = due_units(sampling)
    standing = {slot for slot, seen in letters.items() if seen <= STOPPED}
    return set(units) - full_units(set(range(len(units))) - standing, sampling)
