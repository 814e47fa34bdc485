"""Consumption from meters, and standard coal from consumption (GB/T 2589-2020; house reference 5.1-5.3). Pure.

A register's consumption is the sum of its steps, from one believed reading to the next. A step no longer than two
intervals belongs whole to the window that holds its end, so windows that follow each other add up exactly. Over a gap
the measured gain is shared out by time among the windows it spans and marked ``e`` 估算: nothing is invented, nothing
lost. Instants are microseconds since 1970 (UTC); amounts are in the register's unit (kWh, t, m3, GJ).

The notes are read by officers, and by this module: what counts as merely estimated is told by them.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ingest.derive.means import COUNTED, Value
from schemas.catalog.enums import PointKind
from schemas.records import Mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The letter of a value part of which was shared out over a gap.
ESTIMATED = "e"
#: A register that falls from the last tenth of its range into the first has rolled over; any other fall is a reset,
#: a change of meter nobody registered or a step back, and is not counted.
_NEAR_TOP, _NEAR_ZERO = 0.9, 0.1
#: A step of more intervals than this is a gap.
_STEP_INTERVALS = 2
#: NHJC: completeness of what was received of what was due, at least 90 % (house reference 5.3).
_COMPLETE_PCT = 90

_ROLLED = "表计翻转"
_CHANGED = "已登记换表，示数已衔接"
_SHARED = "估算: 缺数期间按时间分摊"
_RESET = "表计示数下降(复位或换表)，该步未计"
_CONTRADICTS = "换表示数与读数矛盾"
_NO_OPENING = "缺少期初示数"
_NO_CLOSING = "期末示数缺失"
_NOTHING = "无数据"
_LACKING = "数据不全"
#: Beside these a value stands as measured; any of the others makes it unfit to be called whole.
_HARMLESS = frozenset({_ROLLED, _CHANGED})
_FLAWS = (_RESET, _CONTRADICTS, _NO_OPENING, _NO_CLOSING, _NOTHING, _LACKING)


class Change(NamedTuple):
    """A registered change of meter 换表: *at_us*, what the old one showed last and the new one first."""

    at_us: int
    closing: float
    opening: float


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """How a meter's values follow each other: every *interval_s* seconds; a counter rolls over at *register_max*."""

    interval_s: int
    register_max: float | None
    changes: tuple[Change, ...]
    kind: PointKind


class Part(NamedTuple):
    """One meter's share in a site's energy: *factor* tce per register unit; *sign* +1 bought (Balance.IN), −1 sold (OUT)."""

    mean: Mean
    factor: float
    sign: int = 1


class _Step(NamedTuple):
    before: Value
    after: Value
    share: float
    gain: float
    note: str


def consumption(values: Sequence[Value], start_us: int, end_us: int, meter: Meter) -> Mean:
    """Return what *meter* counted in a window, in its register's unit.

    *values*, in any order: all inside the window, and for a counter also the last counted one at or before its start
    and the first counted one after its end, where they exist (more do no harm). A reading is believed where its
    instrument says it is well (`COUNTED`); of several at one instant one counts. *low*, *high*: what the register showed
    at the window's opening and closing edge. *n_valid*: counted readings inside; *n_received*: all inside, *n_late* of
    them late.

    Counter, window (start, end]: see the module. Invalid where a step was not counted (reset, contradiction), where
    the opening or the closing reading is missing, and where a part is estimated, which alone convicts nobody.
    Interval meter, window [start, end): the sum of its values; valid with 90 % of them (NHJC, house reference 5.3);
    nothing is filled in.

    Raises:
        ValueError: the meter is of another kind, or the window is empty.

    """
    if end_us <= start_us:
        raise ValueError(f"empty window {start_us}..{end_us}")
    rows = _distinct(values)
    if meter.kind is PointKind.INTERVAL:
        return _amounts([row for row in rows if start_us <= row.ts_us < end_us], start_us, end_us, meter)
    if meter.kind is not PointKind.COUNTER:
        raise ValueError(f"a {meter.kind} does not count")
    return _gained(rows, start_us, end_us, meter)


def _distinct(values: Sequence[Value]) -> list[Value]:
    """Return one value an instant, in time order; a counted one goes before one that is not."""
    ranked = sorted(
        set(values), key=lambda one: (one.ts_us, not _counts(one), one.value, one.mark, one.late), reverse=True
    )
    return list({one.ts_us: one for one in ranked}.values())[::-1]


def _counts(value: Value) -> bool:
    return value.mark in COUNTED and math.isfinite(value.value)


def _due(start_us: int, end_us: int, meter: Meter) -> int:
    return max(1, (end_us - start_us) // 1_000_000 // meter.interval_s)


def _gained(rows: Sequence[Value], start_us: int, end_us: int, meter: Meter) -> Mean:
    inside = [row for row in rows if start_us < row.ts_us <= end_us]
    counted = [row for row in rows if _counts(row)]
    opening = [row for row in counted if row.ts_us <= start_us][-1:]
    closing = [row for row in counted if row.ts_us <= end_us][-1:]
    steps = [step for pair in pairwise(counted) if (step := _step(*pair, start_us, end_us, meter)).share > 0]
    notes = [step.note for step in steps if step.note]
    estimated = any(step.share < 1 for step in steps)
    if estimated:
        notes.append(_SHARED)
    n_valid = sum(map(_counts, inside))
    if not steps and not n_valid:
        notes, opening, closing = [_NOTHING], [], []
    else:
        notes += _edges(counted, start_us, end_us, meter)
    return Mean(
        value=math.fsum(step.gain * step.share for step in steps) if steps else None,
        low=opening[0].value if opening else None,
        high=closing[0].value if closing else None,
        n_valid=n_valid,
        n_expected=_due(start_us, end_us, meter),
        valid=set(notes) <= _HARMLESS,
        marks="".join(sorted({row.mark for row in inside} | ({ESTIMATED} if estimated else set()))),
        note="；".join(dict.fromkeys(notes)),
        n_received=len(inside),
        n_late=sum(row.late for row in inside),
    )


def _edges(counted: Sequence[Value], start_us: int, end_us: int, meter: Meter) -> list[str]:
    """Return what is missing at the edges of a window; a later reading closes it, or one so near that no gap can follow."""
    notes = [] if counted[0].ts_us <= start_us else [_NO_OPENING]
    near_us = _STEP_INTERVALS * meter.interval_s * 1_000_000
    return notes if end_us - counted[-1].ts_us <= near_us else [*notes, _NO_CLOSING]


def _step(before: Value, after: Value, start_us: int, end_us: int, meter: Meter) -> _Step:
    length = after.ts_us - before.ts_us
    if length <= _STEP_INTERVALS * meter.interval_s * 1_000_000:
        share = 1.0 if start_us < after.ts_us <= end_us else 0.0
    else:
        share = max(0, min(end_us, after.ts_us) - max(start_us, before.ts_us)) / length
    gain, note = _gain(before, after, meter) if share > 0 else (0.0, "")
    return _Step(before, after, share, gain, note)


def _gain(before: Value, after: Value, meter: Meter) -> tuple[float, str]:
    """Return what a step counts, never below zero, and what there is to say about it."""
    changes = sorted({change for change in meter.changes if before.ts_us < change.at_us <= after.ts_us})
    if changes:
        shown = [before.value, *(edge for change in changes for edge in change[1:]), after.value]
        gains = [last - first for first, last in zip(shown[::2], shown[1::2], strict=True)]
        return (math.fsum(gains), _CHANGED) if min(gains) >= 0 else (0.0, _CONTRADICTS)
    if after.value >= before.value:
        return after.value - before.value, ""
    top = meter.register_max
    # A register beyond its own range has not rolled over: the range in the registry is wrong, or the reading is.
    if top is not None and _NEAR_TOP * top <= before.value <= top and after.value <= _NEAR_ZERO * top:
        return top - before.value + after.value, _ROLLED
    return 0.0, _RESET


def _amounts(inside: Sequence[Value], start_us: int, end_us: int, meter: Meter) -> Mean:
    counted = [row for row in inside if _counts(row)]
    amounts = [row.value for row in counted if row.value >= 0]
    negative, due = len(counted) - len(amounts), _due(start_us, end_us, meter)
    notes = [f"负值 {negative} 个，未计"] if negative else []
    if len(amounts) < due:
        notes.append(f"缺数 {due - len(amounts)}/{due} 个时段，未补")
    return Mean(
        value=math.fsum(amounts) if amounts else None,
        low=None,
        high=None,
        n_valid=len(amounts),
        n_expected=due,
        valid=not negative and 100 * len(amounts) >= _COMPLETE_PCT * due,
        marks="".join(sorted({row.mark for row in inside})),
        note="；".join(notes) if amounts or negative else _NOTHING,
        n_received=len(inside),
        n_late=sum(row.late for row in inside),
    )


def _merely_estimated(mean: Mean) -> bool:
    """Return whether nothing is wrong with *mean* but that a measured gain was shared out over its edge."""
    return ESTIMATED in mean.marks and mean.value is not None and not any(flaw in mean.note for flaw in _FLAWS)


def standard_coal(parts: Mapping[str, Part]) -> Mean:
    """Return the tce of one window, bought less sold (GB/T 2589-2020; house reference 5.1).

    *parts*: name of a meter → its consumption; a meter that enters no balance (Balance.NONE) is left out by the caller.
    Invalid where any part is. *n_valid* counts the parts that are whole: valid, or merely estimated; ``e`` is among the
    marks where any part has it. The note names every part that lacks something. With factor 1 it adds up units.
    """
    known = [part.sign * part.mean.value * part.factor for part in parts.values() if part.mean.value is not None]
    flawed = {name: part.mean for name, part in sorted(parts.items()) if not part.mean.valid}
    estimated = [name for name, mean in flawed.items() if _merely_estimated(mean)]
    lacking = [f"{name}({mean.note})" if mean.note else name for name, mean in flawed.items() if name not in estimated]
    notes = [f"{_LACKING}: {', '.join(lacking)}"] if lacking else []
    if estimated:
        notes.append(f"{_SHARED}: {', '.join(estimated)}")
    return Mean(
        value=math.fsum(known) if known else None,
        low=None,
        high=None,
        n_valid=len(parts) - len(lacking),
        n_expected=len(parts),
        valid=bool(parts) and not flawed,
        marks=ESTIMATED if any(ESTIMATED in part.mean.marks for part in parts.values()) else "",
        note="；".join(notes),
        n_received=sum(part.mean.value is not None for part in parts.values()),
    )


def month(days: Sequence[Mean], days_in_month: int) -> Mean:
    """Return the sum of a month's day values, in their unit; *days* in the order of the days, one row a day.

    Valid when every day is there and each is valid, or merely estimated inside the month. A gap that touches the first
    or the last day may have begun before the month or end after it: its gain was shared out between two months, so the
    month is then not certain. *n_valid*: valid days; *n_received*: days with a value; *marks*: those of the days.

    Raises:
        ValueError: there are more rows than days.

    """
    if len(days) > days_in_month:
        raise ValueError(f"{len(days)} rows for {days_in_month} days")
    known = [mean.value for mean in days if mean.value is not None]
    estimated = sum(not mean.valid and _merely_estimated(mean) for mean in days)
    n_valid = sum(mean.valid for mean in days)
    lacking = days_in_month - n_valid - estimated
    edges_hold = bool(days) and days[0].valid and days[-1].valid
    notes = [f"估算 {estimated} 天"] if estimated else []
    if lacking:
        notes.append(f"缺数或无效 {lacking} 天")
    elif not edges_hold:
        notes.append("缺数跨月，按时间分摊")
    return Mean(
        value=math.fsum(known) if known else None,
        low=None,
        high=None,
        n_valid=n_valid,
        n_expected=days_in_month,
        valid=not lacking and edges_hold,
        marks="".join(sorted({mark for mean in days for mark in mean.marks})),
        note="；".join(notes),
        n_received=len(known),
    )
