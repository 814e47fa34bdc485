"""Consumption from registers, and standard coal from consumption (GB/T 2589-2020). Pure.

A register's consumption over a window is what it gained from the last reading at or before the window's start to the
last one at or before its end. Windows that follow each other therefore add up exactly; nothing is invented in a gap.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ingest.derive.means import COUNTED
from schemas.records import Mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.derive.means import Value

#: A register that falls from the last tenth of its range into the first has rolled over; any other fall is a reset,
#: a change of meter or a step back, and is not counted.
_ROLLOVER_SHARE = 0.9
#: The reading that opens or closes a window may be this many intervals away from its edge.
_EDGE_INTERVALS = 2


def consumption(
    values: Sequence[Value], start_us: int, end_us: int, interval_s: int, register_max: float | None
) -> Mean:
    """Return what a register counted in (start, end]; *values* in time order, from before the start on."""
    expected = max(1, (end_us - start_us) // 1_000_000 // interval_s)
    marks = "".join(sorted({value.mark for value in values if start_us < value.ts_us <= end_us}))
    # A register is only believed where its instrument says it is well; the next good reading carries the sum anyway.
    counted = [value for value in values if value.mark in COUNTED]
    opening = [value for value in counted if value.ts_us <= start_us][-1:]
    inside = [value for value in counted if start_us < value.ts_us <= end_us]
    if not opening or not inside:
        note = "缺少期初示数" if inside else "无数据"
        return Mean(
            value=None, low=None, high=None, n_valid=0, n_expected=expected, valid=False, marks=marks, note=note
        )
    gained, notes = 0.0, []
    before = opening[0].value
    for value in inside:
        step = value.value - before
        if step < 0:
            step, note = _fell(before, value.value, register_max)
            notes.append(note)
        gained += step
        before = value.value
    edge_us = _EDGE_INTERVALS * interval_s * 1_000_000
    if start_us - opening[0].ts_us > edge_us:
        notes.append("期初示数过旧")
    if end_us - inside[-1].ts_us > edge_us:
        notes.append("期末示数缺失")
    return Mean(
        value=gained,
        low=opening[0].value,
        high=inside[-1].value,
        n_valid=len(inside),
        n_expected=expected,
        valid=set(notes) <= {_ROLLED},
        marks=marks,
        note="；".join(dict.fromkeys(notes)),
    )


_ROLLED = "表计翻转"
_RESET = "表计示数下降(复位或换表)，该步未计"


def _fell(before: float, after: float, register_max: float | None) -> tuple[float, str]:
    if (
        register_max is not None
        and before >= _ROLLOVER_SHARE * register_max
        and after <= (1 - _ROLLOVER_SHARE) * register_max
    ):
        return register_max - before + after, _ROLLED
    return 0.0, _RESET


def standard_coal(parts: Mapping[str, tuple[Mean, float]]) -> Mean:
    """Return tce of one window; *parts*: register → (consumption, tce per unit). Invalid where any part is."""
    known = [mean.value * factor for mean, factor in parts.values() if mean.value is not None]
    lacking = [register for register, (mean, _) in parts.items() if not mean.valid]
    return Mean(
        value=math.fsum(known) if known else None,
        low=None,
        high=None,
        n_valid=len(parts) - len(lacking),
        n_expected=len(parts),
        valid=bool(parts) and not lacking,
        marks="",
        note=f"数据不全: {', '.join(lacking)}" if lacking else "",
    )
